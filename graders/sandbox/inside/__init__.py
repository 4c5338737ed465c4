"""The only code of ours that runs beside a student's: standard library, numpy, IPython."""
