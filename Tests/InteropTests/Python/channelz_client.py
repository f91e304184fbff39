"""A client of the channelz service, by grpcio-channelz.

    python channelz_client.py ADDRESS

Prints `server CALLS` for each server in the process of the service that has had calls, and then the remote address of
each connection of it as `connection FAMILY MESSAGES`, and `unknown CODE` for a server that there is not.
"""

import ipaddress
import sys

import grpc
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc

with grpc.insecure_channel(sys.argv[1], options=(("grpc.enable_http_proxy", 0),)) as channel:
    stub = channelz_pb2_grpc.ChannelzStub(channel)
    for _ in range(3):
        servers = stub.GetServers(channelz_pb2.GetServersRequest(), timeout=60).server
    for server in servers:
        print("server", server.data.calls_started)
        request = channelz_pb2.GetServerSocketsRequest(server_id=server.ref.server_id)
        for reference in stub.GetServerSockets(request, timeout=60).socket_ref:
            request = channelz_pb2.GetSocketRequest(socket_id=reference.socket_id)
            socket = stub.GetSocket(request, timeout=60).socket
            address = ipaddress.ip_address(socket.remote.tcpip_address.ip_address)
            print("connection", f"IPv{address.version}", socket.data.messages_received)
    try:
        stub.GetServer(channelz_pb2.GetServerRequest(server_id=1 << 40), timeout=60)
    except grpc.RpcError as error:
        print("unknown", error.code().name)
