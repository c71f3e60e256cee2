-- name: in_project
SELECT id FROM structures WHERE project_id = %(id)s AND id = ANY(%(parts)s::uuid[]) AND deleted IS NULL;

-- name: insert_alignment
INSERT INTO alignments (project_id, created_by, reference_id, mobile_id, method, by_reference, by_mobile, rmsd,
                        aligned, rotation, translation, per_residue)
VALUES (%(id)s, %(caller)s, %(reference)s, %(mobile)s, %(method)s, %(by_reference)s, %(by_mobile)s, %(rmsd)s,
        %(aligned)s, %(rotation)s, %(translation)s, %(per_residue)s) RETURNING *;

-- name: list_alignments
SELECT * FROM alignments
WHERE project_id = %(id)s AND (%(at)s::timestamptz IS NULL OR (created, id) < (%(at)s, %(after)s::uuid))
ORDER BY created DESC, id DESC LIMIT %(limit)s;

-- name: drop_sites
-- A run of a method replaces what the same method found before.
DELETE FROM binding_sites WHERE structure_id = %(part)s AND method = %(method)s;

-- name: insert_site
INSERT INTO binding_sites (project_id, structure_id, created_by, method, rank, residues, volume, druggability,
                           hydrophobicity, enclosure, facts)
VALUES (%(id)s, %(part)s, %(caller)s, %(method)s, %(rank)s, %(residues)s, %(volume)s, %(druggability)s,
        %(hydrophobicity)s, %(enclosure)s, %(facts)s);

-- name: list_sites
SELECT * FROM binding_sites WHERE structure_id = %(part)s ORDER BY method, rank;

-- name: insert_variants
INSERT INTO variant_analyses (project_id, structure_id, created_by, method, variants, facts)
VALUES (%(id)s, %(part)s, %(caller)s, %(method)s, %(variants)s, %(facts)s) RETURNING *;

-- name: list_variants
SELECT * FROM variant_analyses
WHERE structure_id = %(part)s AND (%(at)s::timestamptz IS NULL OR (created, id) < (%(at)s, %(after)s::uuid))
ORDER BY created DESC, id DESC LIMIT %(limit)s;
