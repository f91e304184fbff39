import CoreGRPC
import TestSupport
import Testing

@Suite("Metadata on the wire", .timeLimit(.minutes(5)))
struct MetadataTransferTests {
  @Test("Values arrive in order, and bytes as bytes, in both directions")
  func bothDirections() async throws {
    let everyByte = (0...255).map { UInt8($0) }
    try await withTestServer { request, context in
      #expect(request.metadata[stringValues: "x-many"] == ["one", "two", "one"])
      #expect(request.metadata["x-bytes-bin"] == [.binary(everyByte), .binary([]), .binary([0, 255])])
      #expect(request.metadata[stringValues: "user-agent"].first?.hasPrefix("coregrpc-swift/") == true)
      #expect(context.remotePeer.hasPrefix("ipv4:127.0.0.1:"))
      #expect(context.descriptor == TestServer.echo)
      return ServerResponse(
        message: request.message,
        metadata: ["x-first": "a", "x-first": "b", "x-first-bin": .binary(everyByte)],
        trailingMetadata: ["x-last": "", "x-last-bin": .binary([])]
      )
    } body: { test in
      var metadata: Metadata = ["X-Many": "one", "x-many": "two", "x-many": "one", "x-space": " a b "]
      metadata.addBinary(everyByte, forKey: "x-bytes-bin")
      metadata.addBinary([], forKey: "x-bytes-bin")
      metadata.addString("AP8=", forKey: "x-bytes-bin")
      let response = try await test.call(metadata: metadata)
      #expect(response.metadata[stringValues: "x-first"] == ["a", "b"])
      #expect(response.metadata[binaryValues: "x-first-bin"] == [everyByte])
      #expect(response.trailingMetadata[stringValues: "x-last"] == [""])
      #expect(response.trailingMetadata[binaryValues: "x-last-bin"] == [[]])
    }
  }

  @Test("Received metadata is a value like any other")
  func receivedValue() async throws {
    try await withTestServer { request, _ in
      ServerResponse(message: request.message, metadata: ["x-a": "1", "x-b-bin": [0, 255], "x-a": "2", "x-empty": ""])
    } body: { test in
      let received = try await test.call().metadata
      var made: Metadata = [:]
      for (key, value) in received { made.add(value, forKey: key) }
      #expect(made.count == received.count && made.count >= 4)
      #expect(received == made && received.hashValue == made.hashValue)
      #expect(received.map(\.key) == made.map(\.key) && received.description == made.description)
      #expect(received["X-A"] == ["1", "2"] && received["x-"] == [] && received[stringValues: "x-empty"] == [""])

      var changed = received
      changed.addString("3", forKey: "x-a")
      #expect(changed[stringValues: "x-a"] == ["1", "2", "3"])
      #expect(received[stringValues: "x-a"] == ["1", "2"], "a copy changes by itself")
      changed.removeAllValues(forKey: "x-a")
      #expect(changed[binaryValues: "x-b-bin"] == [[0, 255]] && changed.count == received.count - 2)
    }
  }

  @Test("Illegal metadata fails the call before it is sent, and names the key, not the value")
  func illegal() async throws {
    try await withTestServer { _, _ in
      throw RPCError(code: .aborted, message: "the call was sent")
    } body: { test in
      let cases: [Metadata] = [
        ["x-token": "secret\u{7F}"], ["x-token": "sécret"], ["x-token": "secret\0"], ["x-token-bin": "secret"],
        ["x-token-bin": "secr et"],
        ["x-token": [1, 2]], ["x token": "secret"], [":x-token": "secret"], ["": "secret"], ["grpc-timeout": "1S"],
        ["-bin": [1, 2]], ["grpc-trace-bin": [1]], ["grpc-tags-bin": [1]], ["grpc-own": "secret"],
        ["grpc-retry-pushback-ms": "1"],
        ["grpc-internal-encoding-request": "gzip"],
      ]
      for metadata in cases {
        let error = await #expect(throws: RPCError.self) { try await test.call(metadata: metadata) }
        #expect(error?.code == .invalidArgument, "\(metadata)")
        #expect(error?.message.contains(metadata[0].key.debugDescription) == true)
        #expect(error?.message.contains("secret") == false)
      }
    }
  }

  /// The metadata that neither end sends, with values that would harm the call or C-core.
  private static let keysNotSent: Metadata = [
    "Connection": "close", "content-length": "1", "content-type": "text/html", "grpclb_client_stats": "1",
    "host": "other",
    "keep-alive": "1", "proxy-connection": "close", "te": "gzip", "transfer-encoding": "chunked", "upgrade": "h2c",
    "user-agent": "another",
  ]

  @Test("Keys of HTTP are ignored in what a client sends", arguments: MetadataServer.Kind.allCases)
  func keysOfHTTPFromClient(kind: MetadataServer.Kind) async throws {
    try await withMetadataServer { test in
      let channel = try Channel(target: test.address.description)
      var metadata: Metadata = ["x-do": "echo", "x-a": "1", "grpc-previous-rpc-attempts": "7"]
      metadata.add(contentsOf: Self.keysNotSent)
      let response = try await channel.call(kind, metadata: metadata)
      // The handler sends on all that it has got. The user agent, which C-core sets, is not sent back.
      #expect(Set(response.metadata.map(\.key)) == ["x-do", "x-a"])
      #expect(Set(response.trailingMetadata.map(\.key)) == ["x-do", "x-a"])
    }
  }

  @Test("Keys of HTTP and reserved ones are ignored in what a handler sends")
  func keysOfHTTPFromHandler() async throws {
    try await withTestServer { request, _ in
      var metadata = Self.keysNotSent
      metadata.add(contentsOf: [
        "x-a": "1", "grpc-status": "7", "grpc-message": "m", "grpc-encoding": "gzip", "grpc-own": "1",
      ])
      guard request.message == [1] else { throw RPCError(code: .aborted, message: "a", metadata: metadata) }
      return ServerResponse(message: request.message, metadata: metadata, trailingMetadata: metadata)
    } body: { test in
      let response = try await test.call([1])
      #expect(response.metadata.map(\.key) == ["x-a"])
      #expect(response.trailingMetadata.map(\.key) == ["x-a"])
      let error = await rpcError { try await test.call([2]) }
      #expect(error == RPCError(code: .aborted, message: "a", metadata: ["x-a": "1"]))
    }
  }

  @Test("A handler may send on whatever keys a peer has sent")
  func reservedKeysFromPeer() async throws {
    try await withTestServer { request, _ in
      ServerResponse(message: [], metadata: request.metadata, trailingMetadata: request.metadata)
    } body: { test in
      let request = HTTP2Frame.request(
        stream: 1,
        ("user-agent", "a/1"),
        ("grpc-own", "1"),
        ("grpc-previous-rpc-attempts", "1"),
        ("grpc-timeout", "100S"),
        ("grpc-trace-bin", "AAAA"),
        ("grpc-retry-pushback-ms", "3"),
        ("content-length", "6"),
        ("x-a", "1"),
        ("lb-token", "l")
      )
      let message = HTTP2Frame.data(HTTP2Frame.message([1]), stream: 1, flags: HTTP2Frame.endsStream)
      let frames = await RawClient.frames(
        fromPort: Int(test.address.port ?? 0),
        sending: HTTP2Frame.preface + HTTP2Frame.settings().bytes + request.bytes + message.bytes,
        until: { $0.flags & HTTP2Frame.endsStream != 0 && [.data, .headers].contains($0.kind) || $0.kind == .goAway }
      )
      let blocks = frames.filter { $0.kind == .headers }
      #expect(blocks.count == 2)
      for block in blocks {
        #expect(block.contains("x-a"))
        #expect(!block.contains("grpc-own") && !block.contains("grpc-previous") && !block.contains("user-agent"))
      }
      #expect(blocks.last?.contains("grpc-status\u{1}0") == true)
    }
  }

  @Test("Keys of a status's details and of a server's pushback are sent")
  func openReservedKeys() async throws {
    try await withTestServer { request, _ in
      #expect(request.metadata[binaryValues: "grpc-status-details-bin"] == [[3]])
      throw RPCError(
        code: .aborted,
        message: "",
        metadata: ["grpc-retry-pushback-ms": "17", "grpc-status-details-bin": [1]]
      )
    } body: { test in
      let metadata: Metadata = ["grpc-status-details-bin": [3]]
      let error = await rpcError { try await test.call(metadata: metadata) }
      #expect(error?.metadata[stringValues: "grpc-retry-pushback-ms"] == ["17"])
      #expect(error?.metadata[binaryValues: "grpc-status-details-bin"] == [[1]])
    }
  }
}
