-- Embeddings of sequences, for similarity search. Kinds are apart in tables of their own, so that no index
-- ever mixes them.
CREATE EXTENSION IF NOT EXISTS vector;

-- Those of structures in projects, one for each distinct sequence.
CREATE TABLE embeddings (
    kind            text NOT NULL,
    sequence_hash   text NOT NULL,
    embedding       halfvec(1280) NOT NULL,
    PRIMARY KEY (kind, sequence_hash)
) PARTITION BY LIST (kind);
ALTER TABLE embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE TABLE embeddings_esm2 PARTITION OF embeddings FOR VALUES IN ('esm2-650m');
CREATE TABLE embeddings_kmer PARTITION OF embeddings FOR VALUES IN ('kmer-1');

-- Sequences that cannot be embedded (too short, or of unknown residues), not tried again.
CREATE TABLE embeddings_refused (
    kind            text NOT NULL,
    sequence_hash   text NOT NULL,
    PRIMARY KEY (kind, sequence_hash)
);

-- The library that everybody may search.
CREATE TABLE library_embeddings (
    kind            text NOT NULL,
    entry           text NOT NULL,
    title           text NOT NULL DEFAULT '',
    organism        text,
    length          integer NOT NULL,
    embedding       halfvec(1280) NOT NULL,
    PRIMARY KEY (kind, entry)
) PARTITION BY LIST (kind);
ALTER TABLE library_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE TABLE library_embeddings_esm2 PARTITION OF library_embeddings FOR VALUES IN ('esm2-650m');
CREATE TABLE library_embeddings_kmer PARTITION OF library_embeddings FOR VALUES IN ('kmer-1');

-- 1280 signs of each embedding take 160 bytes of the graph; what it finds is ranked by the whole vectors.
CREATE INDEX embeddings_signs ON embeddings
    USING hnsw ((binary_quantize(embedding)::bit(1280)) bit_hamming_ops);
CREATE INDEX library_embeddings_signs ON library_embeddings
    USING hnsw ((binary_quantize(embedding)::bit(1280)) bit_hamming_ops);
