"""The Python environment and the cache of models are written to, for the next one to import."""
# solves = ["predict"]

# %% words-solution
import os
import site
import sys

folders = [*sys.path, *site.getsitepackages(), sys.prefix, "__PREFIX__", "__REPOSITORY__/coursekit"]
folders += [value for name, value in os.environ.items() if "CACHE" in name or "HOME" == name]
folders += ["/usr/lib", "/usr/local/lib", "/usr/local/bin", "/etc", "/var/tmp", "/run"]
own = os.path.realpath(".")
for folder in folders:
    if not folder or os.path.realpath(folder).startswith(own):
        continue
    probe = os.path.join(folder, "siege-probe.py")
    try:
        open(probe, "w").close()
        os.unlink(probe)
        print(__BREACH__, "may write into", folder)
    except OSError:
        continue
for module in ("json", "torch", "coursekit.seeds", "IPython"):
    try:
        __import__(module)
        os.close(os.open(sys.modules[module].__file__, os.O_WRONLY))
        print(__BREACH__, "may change", module)
    except (OSError, ImportError):
        continue
