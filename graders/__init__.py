"""The assessment framework, a subpackage a stage."""

__version__ = "0.1.0"
