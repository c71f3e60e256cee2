-- A real cannot hold every number that a request can: 1e-50 was an error, not nearly nothing.
ALTER TABLE structures ALTER COLUMN confidence_mean TYPE double precision;
ALTER TABLE alignments
    ALTER COLUMN by_reference TYPE double precision,
    ALTER COLUMN by_mobile TYPE double precision,
    ALTER COLUMN rmsd TYPE double precision;
ALTER TABLE binding_sites
    ALTER COLUMN volume TYPE double precision,
    ALTER COLUMN druggability TYPE double precision,
    ALTER COLUMN hydrophobicity TYPE double precision,
    ALTER COLUMN enclosure TYPE double precision;
