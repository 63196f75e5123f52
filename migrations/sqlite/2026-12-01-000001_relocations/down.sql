DROP TABLE relocations;
