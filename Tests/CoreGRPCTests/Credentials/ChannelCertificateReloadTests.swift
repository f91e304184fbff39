import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Reloading the certificates of channels", .timeLimit(.minutes(5)), .serialized)
struct ChannelCertificateReloadTests {
  /// Puts files of `source` in the place of those of another folder, as certificate managers do.
  private func install(
    _ names: String...,
    of source: TestCertificates,
    as prefix: String,
    in folder: TestCertificates
  ) throws {
    for name in names {
      let suffix = name.split(separator: ".").last ?? ""
      try source.text(name).write(
        toFile: folder.path(prefix + "." + suffix),
        atomically: true,
        encoding: .utf8
      )
    }
  }

  /// A server that answers with the client's certificate, and whose connections live for `age`.
  private func withServer<Result>(
    _ identity: TLSIdentity,
    trustRoots: PEMSource,
    age: Duration?,
    _ channelCredentials: ChannelCredentials,
    body: (TestServer) async throws -> Result
  ) async throws -> Result {
    var configuration = Server.Configuration()
    configuration.connectionAge.maxAge = age
    configuration.connectionAge.maxGraceTime = .seconds(10)
    // A call can meet the end of an old connection: on a busy machine its client writes to a closed socket.
    let retries = RetryPolicy(maxAttempts: 3, initialBackoff: .milliseconds(1), retryableStatusCodes: [.unavailable])
    var channelConfiguration = Channel.Configuration()
    channelConfiguration.serviceConfig = ServiceConfig(
      methodConfig: [MethodConfig(names: [.all], retryPolicy: retries)]
    )
    return try await withTestServer(
      credentials: .tls(identity: identity, clientCertificates: .required(trustRoots: trustRoots)),
      channelCredentials: channelCredentials,
      configuration: configuration,
      channelConfiguration: channelConfiguration,
      handler: { _, context in ServerResponse(message: Array((context.peerCertificate?.pem ?? "").utf8)) },
      body: body
    )
  }

  private func shownCertificate(_ test: TestServer) async throws -> String {
    String(decoding: try await test.call().message, as: UTF8.self)
  }

  @Test("The certificates of both ends are swapped 20 times under load without a failed call")
  func swaps() async throws {
    let (one, other) = (try await TestCertificates(), try await TestCertificates())
    let roots = PEMSource.text(try one.text("ca.pem") + other.text("ca.pem"))
    func identity(_ name: String) -> TLSIdentity {
      TLSIdentity(certificateChain: .file(one.path(name + ".pem")), privateKey: .file(one.path(name + ".key")))
    }
    // Copies, as the originals are written over.
    try install("server.pem", "server.key", of: one, as: "shown-server", in: one)
    try install("client.pem", "client.key", of: one, as: "shown-client", in: one)
    let credentials = ChannelCredentials.tls(
      trustRoots: .certificates(roots),
      identity: identity("shown-client")
    )
    try await withServer(identity("shown-server"), trustRoots: roots, age: .milliseconds(100), credentials) {
      (test) async throws in
      let (calls, swaps) = (Counter(), Counter())
      let load = (0..<4).map { _ in
        Task {
          while swaps.value < 20 {
            _ = try await test.call()
            calls.add()
          }
        }
      }
      for number in 1...20 {
        let next = number.isMultiple(of: 2) ? one : other
        try install("server.pem", "server.key", of: next, as: "shown-server", in: one)
        try install("client.pem", "client.key", of: next, as: "shown-client", in: one)
        let expected = try next.text("client.pem")
        while try await shownCertificate(test) != expected { try await Task.sleep(for: .milliseconds(20)) }
        swaps.add()
      }
      for task in load { try await task.value }
      #expect(calls.value >= 20, "\(calls.value) calls")
    }
  }

  @Test("Trust roots are renewed under a living channel")
  func trustRoots() async throws {
    let (one, other) = (try await TestCertificates(), try await TestCertificates())
    try install("ca.pem", of: one, as: "roots", in: one)
    let credentials = ChannelCredentials.tls(
      trustRoots: .certificates(.file(one.path("roots.pem"))),
      identity: other.client
    )
    try await withServer(other.server, trustRoots: other.authority, age: nil, credentials) { (test) async throws in
      let refused = await rpcError { try await test.call() }
      #expect(refused?.code == .unavailable)
      try install("ca.pem", of: other, as: "roots", in: one)
      try await poll {
        test.channel.resetConnectBackoff()
        return await rpcError { try await test.call() } == nil
      }
    }
  }

  @Test("Files that are not valid are reported, and the old ones stay in use", arguments: ["", "key", nil])
  func spoiled(_ fault: String?) async throws {
    let (one, other) = (try await TestCertificates(), try await TestCertificates())
    let original = try one.text("client.pem")
    let credentials = ChannelCredentials.tls(trustRoots: one.trustRoots, identity: one.client)
    try await withServer(one.server, trustRoots: one.authority, age: nil, credentials) {
      (test) async throws in
      #expect(try await shownCertificate(test) == original)
      let path = one.path("client.pem")
      let tls = ChannelCredentials.TLS(trustRoots: one.trustRoots, identity: one.client, serverHostname: nil)
      let certificates = try #require(try ChannelCertificates.shared(for: tls))
      // Channels that connect when the files are not valid any more.
      let channels = try (0..<5).map { _ in try Channel(target: test.address.description, credentials: credentials) }
      switch fault {
      case nil: try FileManager.default.removeItem(atPath: path)
      case "key": try install("client.pem", of: other, as: "client", in: one)
      case let text?: try text.write(toFile: path, atomically: true, encoding: .utf8)
      }
      try await poll { certificates.problem != nil }
      #expect(certificates.problem?.contains(path) == true, "\(certificates.problem ?? "no problem")")
      for channel in channels {
        let shown = String(decoding: try await channel.echo().message, as: UTF8.self)
        #expect(shown == original)
      }
      // A new valid file is used.
      try install("client.pem", "client.key", of: other, as: "client", in: one)
      try await poll { certificates.problem == nil }
    }
  }

  @Test("Channels with the same files share C-core's thread, and its memory is reused")
  func sharing() async throws {
    let certificates = try await TestCertificates()
    let tls = ChannelCredentials.TLS(
      trustRoots: certificates.trustRoots,
      identity: certificates.client,
      serverHostname: nil
    )
    let first = try #require(try ChannelCertificates.shared(for: tls))
    let second = try ChannelCertificates.shared(for: tls)
    #expect(first === second)
    // New files are for the channels that are created from now on, too, without C-core's delay.
    let next = try await TestCertificates()
    try install("client.pem", "client.key", of: next, as: "client", in: certificates)
    let third = try ChannelCertificates.shared(for: tls)
    #expect(first !== third)
  }

  @Test("A file in memory is replaced as a whole, and keeps its text for C-core's last look")
  func memoryFile() throws {
    let path: String
    do {
      let file = try MemoryFile(.roots, "one")
      path = file.path
      #expect(try FileContents.read(path: path) == "one")
      let stamp = FileContents.Stamp(path: path)
      try file.replace(by: "two")
      #expect(try FileContents.read(path: path) == "two")
      #expect(FileContents.Stamp(path: path) != stamp)
    }
    #expect(try FileContents.read(path: path) == "two")
  }

  /// Waits until a condition is true.
  private func poll(_ condition: () async throws -> Bool) async throws {
    while !(try await condition()) { try await Task.sleep(for: .milliseconds(100)) }
  }
}
