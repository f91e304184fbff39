import Testing

@testable import CoreGRPC

@Suite("The faults of connections in C-core's lines")
struct ConnectionFaultTests {
  @Test(
    "A line of any version becomes one sentence with the peer and the cause",
    arguments: [
      (
        "ipv4:127.0.0.1:4000: Keepalive watchdog fired. Closing transport.", ConnectionFault.Kind.keepaliveTimeout,
        "closed the connection with ipv4:127.0.0.1:4000: no answer to a keep-alive ping within its timeout"
      ),
      (
        "ipv6:%5B::1%5D:4000: Ping timeout. Closing transport.", .keepaliveTimeout,
        "closed the connection with ipv6:%5B::1%5D:4000: no answer to a keep-alive ping within its timeout"
      ),
      (
        "ipv4:10.0.0.1:4000: Sending goaway err=UNKNOWN:too_many_pings {http2_error:11}", .tooManyPings,
        "closed the connection of ipv4:10.0.0.1:4000: it pings more often than the server's keepalive settings allow"
      ),
      (
        "ipv4:10.0.0.1:4000 SERVER: Sending goaway last_new_stream_id=0 err=UNKNOWN:too_many_pings", .tooManyPings,
        "closed the connection of ipv4:10.0.0.1:4000: it pings more often than the server's keepalive settings allow"
      ),
      (
        "ipv4:10.0.0.1:4000: Sending goaway err=UNKNOWN:Buffers full {http2_error:11}", .memoryQuota,
        "closed the idle connection with ipv4:10.0.0.1:4000: the memory quota is used up"
      ),
      (
        "Dropped >= 1 new connection attempts due to high memory pressure", .connectionRefused,
        "connections are closed as they arrive: the server's memory quota is used up"
      ),
      (
        "received initial metadata size exceeds limit (9000 vs. 8192). GRPC_ARG_MAX_METADATA_SIZE can be set to …",
        .metadataTooLarge, "a peer sent 9000 bytes of metadata or more, and the limit is 8192: its call fails"
      ),
      (
        "Handshake failed with error SSL_ERROR_SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca", .handshake,
        "Handshake failed with error SSL_ERROR_SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca "
          + "(the peer does not know the authority of this side's certificate)"
      ),
      (
        "subchannel 0x1 {address=ipv4:127.0.0.1:4000, args={a=b}}: connect failed "
          + "(UNKNOWN:Ssl handshake failed: x {created_time:\"y\"}), backing off for 999 ms",
        .handshake, "the connection to ipv4:127.0.0.1:4000 failed: UNKNOWN:Ssl handshake failed: x"
      ),
    ]
  )
  func faults(line: String, kind: ConnectionFault.Kind, message: String) {
    let fault = ConnectionFault(line: line)
    #expect(fault?.kind == kind)
    #expect(fault?.message == message)
  }

  @Test(
    "Other lines are none",
    arguments: [
      "", "ipv4:127.0.0.1:4000: Sending goaway err=UNKNOWN:Server shutdown {http2_error:0}",
      "ipv4:127.0.0.1:4000: Got goaway [0] err=UNAVAILABLE:GOAWAY received {text: Sending goaway too_many_pings}",
      "ipv4:127.0.0.1:4000: Start keepalive ping", "received initial metadata size exceeds limit (",
      "subchannel 0x1 {address=ipv4:127.0.0.1:1, args={}}: connect failed (UNKNOWN:Failed to connect to remote host: "
        + "Connection refused {errno:111}), backing off for 1000 ms",
    ]
  )
  func others(line: String) { #expect(ConnectionFault(line: line) == nil) }
}
