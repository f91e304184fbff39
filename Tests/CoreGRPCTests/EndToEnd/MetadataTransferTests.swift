import CoreGRPC
import Testing

@Suite("Metadata on the wire", .timeLimit(.minutes(5)))
struct MetadataTransferTests {
  @Test("Values arrive in order, and bytes as bytes, in both directions")
  func bothDirections() async throws {
    let everyByte = (0...255).map { UInt8($0) }
    let test = try TestServer { request, context in
      #expect(request.metadata[stringValues: "x-many"] == ["one", "two", "one"])
      #expect(request.metadata[binaryValues: "x-bytes-bin"] == [everyByte, []])
      #expect(request.metadata[stringValues: "user-agent"].first?.hasPrefix("coregrpc-swift/") == true)
      #expect(context.remotePeer.hasPrefix("ipv4:127.0.0.1:"))
      #expect(context.descriptor == TestServer.echo)
      return ServerResponse(
        message: request.message,
        metadata: ["x-first": "a", "x-first": "b", "x-first-bin": .binary(everyByte)],
        trailingMetadata: ["x-last": "", "x-last-bin": .binary([])]
      )
    }
    var metadata: Metadata = ["X-Many": "one", "x-many": "two", "x-many": "one", "x-space": " a b "]
    metadata.addBinary(everyByte, forKey: "x-bytes-bin")
    metadata.addBinary([], forKey: "x-bytes-bin")
    let response = try await test.call(metadata: metadata)
    #expect(response.metadata[stringValues: "x-first"] == ["a", "b"])
    #expect(response.metadata[binaryValues: "x-first-bin"] == [everyByte])
    #expect(response.trailingMetadata[stringValues: "x-last"] == [""])
    #expect(response.trailingMetadata[binaryValues: "x-last-bin"] == [[]])
    await test.server.shutdown()
  }

  @Test("Received metadata is a value like any other")
  func receivedValue() async throws {
    let test = try TestServer { request, _ in
      ServerResponse(message: request.message, metadata: ["x-a": "1", "x-b-bin": [0, 255], "x-a": "2", "x-empty": ""])
    }
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
    await test.server.shutdown()
  }

  @Test("Illegal metadata fails the call before it is sent, and names the key, not the value")
  func illegal() async throws {
    let test = try TestServer { _, _ in throw RPCError(code: .aborted, message: "the call was sent") }
    let cases: [Metadata] = [
      ["x-token": "secret\u{7F}"], ["x-token": "sécret"], ["x-token": "secret\0"], ["x-token-bin": "secret"],
      ["x-token": [1, 2]], ["x token": "secret"], [":x-token": "secret"], ["": "secret"], ["grpc-timeout": "1S"],
    ]
    for metadata in cases {
      let error = await rpcError { () async throws(RPCError) in try await test.call(metadata: metadata) }
      #expect(error?.code == .invalidArgument, "\(metadata)")
      #expect(error?.message.contains(metadata[0].key.debugDescription) == true)
      #expect(error?.message.contains("secret") == false)
    }
    await test.server.shutdown()
  }
}
