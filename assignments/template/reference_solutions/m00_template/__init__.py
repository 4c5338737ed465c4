"""Moving data: models behind the exercises of the module."""
