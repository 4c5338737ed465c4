"""The assessment framework, a subpackage a stage."""
