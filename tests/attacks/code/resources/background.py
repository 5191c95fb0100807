"""A process goes on after the notebook, in the same session and in one of its own."""
# solves = ["predict"]

# %% words-solution
import subprocess

for new in (False, True):
    subprocess.Popen(["/bin/sleep", "600", "__MARK__"], start_new_session=new)
subprocess.Popen("nohup /bin/sleep 600 __MARK__ &", shell=True, start_new_session=True)
