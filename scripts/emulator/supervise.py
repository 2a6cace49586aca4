"""Runs the emulator, and ends it and its functions when whoever started it is gone.

Standard input is a pipe that the starter holds open and never writes to: the kernel closes it when the starter
exits, crashes or is killed, so one rule covers every end. Writes one line of JSON when the port is open.

Usage: python supervise.py RUN_DIRECTORY LOG_FILE
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading

run_directory, log_file = sys.argv[1:3]
# A hang-up of the terminal or Ctrl-C reaches the starter, which then lets go of the pipe.
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)

# The listening socket is made here and handed down: no other process can take the port in between.
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind(("127.0.0.1", 0))
port = listener.getsockname()[1]

with open(log_file, "wb") as log:
    emulator = subprocess.Popen(
        [
            *(sys.executable, "-m", "hypercorn", "ministack.app:app"),
            *("--workers", "0", "--bind", f"fd://{listener.fileno()}"),
            *("--keep-alive", "75", "--log-level", "WARNING"),
        ],
        env={**os.environ, "GATEWAY_PORT": str(port)},
        pass_fds=[listener.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
listener.close()


def stop(*_):
    # Its functions are in its group; nothing of it is worth saving, so nothing is asked politely.
    try:
        os.killpg(emulator.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def stop_with_starter():
    sys.stdin.buffer.read()
    stop()


signal.signal(signal.SIGTERM, stop)
threading.Thread(target=stop_with_starter, daemon=True).start()
print(json.dumps({"port": port, "pid": emulator.pid}), flush=True)
exit_code = emulator.wait()
stop()
shutil.rmtree(run_directory, ignore_errors=True)
sys.exit(exit_code if exit_code > 0 else 0)
