"""serve.py LIBCHDB DIR: ClickHouse's own HTTP and native servers out of libchdb, until SIGTERM or SIGINT.

Since 26.7 clickhouse-local, and libchdb with it, has the server's network code: SYSTEM START LISTEN. The session below opens
the ports and then reads standard input, a pipe of this process, which closes it to end all.
"""
import ctypes
import os
import signal
import sys
import threading

SESSION = """SYSTEM START LISTEN TCP;
SYSTEM START LISTEN HTTP;
SELECT * FROM file('-', LineAsString) FORMAT Null;
SYSTEM STOP LISTEN HTTP;
SYSTEM STOP LISTEN TCP"""


def load(path):
    library = ctypes.CDLL(path)
    library.chdb_query_cmdline.restype = ctypes.c_void_p
    library.chdb_result_error.restype, library.chdb_result_error.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    library.chdb_set_signal_handlers_enabled(0)  # its handlers would hang a crashed process instead of ending it
    return library


def serve(library):
    arguments = ["clickhouse", "--config-file=config.xml", "--query", SESSION]
    pointers = (ctypes.c_char_p * len(arguments))(*map(os.fsencode, arguments))
    error = library.chdb_result_error(library.chdb_query_cmdline(len(arguments), pointers))
    print(error.decode("utf-8", "replace") if error else "stopped", flush=True)
    os._exit(1 if error else 0)  # all is closed, and nothing of libchdb's may run at exit


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})  # in every thread to come, too
    library = load(os.path.abspath(sys.argv[1]))
    os.chdir(sys.argv[2])
    standard_input, hold = os.pipe()
    os.dup2(standard_input, 0)
    threading.Thread(target=serve, args=(library,)).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    os.close(hold)


main()
