"""Runs compute-server and Prometheus with the files of this folder, and checks the metrics that Prometheus has.

usage: check.py FOLDER_WITH_THE_PROGRAMS
"""

import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
INSTRUMENTS = {
    "coregrpc_process_dropped_log_lines_total",
    "coregrpc_server_open_calls",
    "coregrpc_server_open_connections",
    "coregrpc_server_poller_threads",
    "coregrpc_server_queued_handlers",
    "coregrpc_server_refused_calls_total",
    "grpc_server_call_duration_seconds_bucket",
    "grpc_server_call_duration_seconds_count",
    "grpc_server_call_duration_seconds_sum",
    "grpc_server_call_rcvd_total_compressed_message_size_bytes_bucket",
    "grpc_server_call_rcvd_total_compressed_message_size_bytes_count",
    "grpc_server_call_rcvd_total_compressed_message_size_bytes_sum",
    "grpc_server_call_sent_total_compressed_message_size_bytes_bucket",
    "grpc_server_call_sent_total_compressed_message_size_bytes_count",
    "grpc_server_call_sent_total_compressed_message_size_bytes_sum",
    "grpc_server_call_started_total",
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def line_after(process, prefix):
    for line in process.stdout:
        if line.startswith(prefix):
            return line[len(prefix) :].strip()
    sys.exit(f"compute-server ended without {prefix!r}")


def within(seconds, what, attempt):
    """The first true result of an attempt."""
    end = time.monotonic() + seconds
    while True:
        try:
            result = attempt()
        except (urllib.error.URLError, ConnectionError):
            result = None
        if result:
            return result
        if time.monotonic() > end:
            sys.exit(f"{what}: not within {seconds} s")
        time.sleep(0.2)


def queries():
    """The queries in queries.txt, each by its comment."""
    comment = None
    for line in (HERE / "queries.txt").read_text().splitlines():
        if line.startswith("# "):
            comment = line[2:]
        elif line:
            yield comment, line


def main():
    server = subprocess.Popen(
        [PROGRAMS / "compute-server", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--no-health"],
        stdout=subprocess.PIPE,
        text=True,
    )
    prometheus = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            target = line_after(server, "running... ")
            page = urllib.parse.urlsplit(line_after(server, "metrics... "))
            settings = (HERE / "prometheus.yml").read_text().replace("127.0.0.1:9464", page.netloc)
            file = pathlib.Path(folder, "prometheus.yml")
            file.write_text(re.sub(r"scrape_interval: \S+", "scrape_interval: 1s", settings))
            address = f"127.0.0.1:{free_port()}"
            prometheus = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={file}",
                    f"--storage.tsdb.path={folder}/data",
                    f"--web.listen-address={address}",
                    "--log.level=error",
                ]
            )

            def ask(path, **parameters):
                url = f"http://{address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
                with urllib.request.urlopen(url, timeout=10) as response:
                    return json.load(response)["data"]

            within(30, "a scrape", lambda: ask("query", query="up == 1")["result"])
            calls = 0
            # Rates need two scrapes.
            for _ in range(3):
                subprocess.run(
                    [PROGRAMS / "compute-client", "--target", target, "--count", "200", "abc"],
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
                calls += 200
                within(
                    30,
                    f"{calls} calls",
                    lambda: ask(
                        "query",
                        query='grpc_server_call_started_total{grpc_method="compute.Compute/SayHello"} == %d' % calls,
                    )["result"],
                )
            # This server has no health service.
            subprocess.run([PROGRAMS / "compute-client", "health", "--target", target], check=False, capture_output=True)
            within(30, "a refused call", lambda: ask("query", query="coregrpc_server_refused_calls_total")["result"])

            names = set(ask("label/__name__/values"))
            missing = INSTRUMENTS - names
            if missing:
                sys.exit(f"Prometheus does not have {', '.join(sorted(missing))}")
            [scrape] = ask("targets")["activeTargets"]
            if scrape["health"] != "up" or scrape["lastError"]:
                sys.exit(f"the scrape failed: {scrape['lastError']}")
            metadata = ask("targets/metadata", match_target='{job="compute"}')
            types = {entry["metric"]: entry["type"] for entry in metadata}
            for name, kind in (("call_duration_seconds", "histogram"), ("call_started_total", "counter")):
                if types.get(f"grpc_server_{name}") != kind:
                    sys.exit(f"grpc_server_{name} is a {types.get(f'grpc_server_{name}')}")
            for comment, query in queries():
                result = within(30, query, lambda: ask("query", query=query)["result"])
                print(comment)
                for entry in result:
                    labels = ", ".join(f"{key}={value}" for key, value in entry["metric"].items() if key[0] != "_")
                    print(f"  {labels or '-'}: {entry['value'][1]}")
            print(f"Prometheus has {len(names)} names, and all {len(INSTRUMENTS)} instruments")
        finally:
            for process in (server, prometheus):
                if process:
                    process.terminate()
                    process.wait(30)


if __name__ == "__main__":
    main()
