"""Compares the counts of a call on a server with those of a server in bare C, on the same engine:
`scripts/benchmark-guard --with-c`."""

from . import callgrind, programs

ATTEMPTS = 3
LOADS = {"one at a time": 1, "64 at a time": 64}


def compare():
    """Builds both servers, counts their calls, which our client makes, in turns, and prints a table."""
    programs.build_ours()
    programs.build_bare()
    servers = {"CoreGRPC": programs.SERVERS["CoreGRPC"], "bare C": f"{programs.BARE} --port {{port}}"}
    client = programs.CLIENTS["CoreGRPC"]
    print(f"The least of {ATTEMPTS} counts with gRPC {programs.CORE or 'of the system'}; allocations of all libraries.\n")
    print("| calls | server | instructions | allocations | of these by Swift |\n|---|---|---:|---:|---:|", flush=True)
    for name, outstanding in LOADS.items():
        runs = {server: [] for server in servers}
        for _ in range(ATTEMPTS):
            for server, command in servers.items():
                runs[server].append(callgrind.of_server(command, client, outstanding=outstanding))
        for server, counts in runs.items():
            least = min(counts, key=lambda run: run["instructions"])
            print(f"| {name} | {server} | {least['instructions']:,} | {least['allocations']:.1f} |"
                  f" {least['swift_allocations']:.1f} |", flush=True)
