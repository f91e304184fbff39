import CoreGRPC
import Foundation
import TestSupport
import Testing

/// Servers that take their configuration from a control plane.
@Suite(.timeLimit(.minutes(3)))
struct XDSServerTests {
  typealias Status = Server.Configuration.XDS.ServingStatus

  /// A server, and the changes of its serving status.
  private struct Subject {
    let server: Server
    let address: ListenAddress
    var changes: AsyncStream<(ListenAddress, Status)>.Iterator

    init(
      _ plane: ControlPlane,
      certificates: TestCertificates? = nil,
      credentials: ServerCredentials = .insecure,
      at address: ListenAddress = .tcp(host: "127.0.0.1", port: 0)
    ) throws {
      let (stream, continuation) = AsyncStream<(ListenAddress, Status)>.makeStream()
      var configuration = Server.Configuration()
      configuration.xds = Server.Configuration.XDS(bootstrap: plane.bootstrap(certificates: certificates)) {
        continuation.yield(($0, $1))
      }
      server = Server(router: Numbered.router(7), configuration: configuration)
      self.address = try server.listen(on: address, credentials: credentials)
      changes = stream.makeAsyncIterator()
      try server.start()
    }

    /// Waits for the next change.
    mutating func nextStatus() async throws -> Status {
      let (address, status) = try #require(await changes.next(isolation: nil))
      #expect(address == self.address)
      return status
    }
  }

  private func config(_ subject: Subject, _ server: String = "") -> String {
    #"{"servers": {"\#(subject.address)": {\#(server)}}}"#
  }

  @Test
  func `A server accepts connections once the control plane has a listener for it`() async throws {
    let plane = try await ControlPlane()
    var subject = try Subject(plane)
    let channel = try Channel(target: subject.address.description)
    #expect(await channel.error()?.code == .unavailable)
    guard case .notServing(let reason) = try await subject.nextStatus() else {
      Issue.record("it serves without a listener")
      return
    }
    #expect(!reason.isEmpty)
    try await plane.set(config(subject))
    #expect(try await subject.nextStatus() == .serving)
    #expect(try await channel.number() == 7)
    await subject.server.shutdown(gracePeriod: .seconds(1))
  }

  @Test
  func `A server without its listener accepts no further connections until it has one again`() async throws {
    let plane = try await ControlPlane()
    var subject = try Subject(plane)
    try await plane.set(config(subject))
    while try await subject.nextStatus() != .serving {}
    let channel = try Channel(target: subject.address.description)
    #expect(try await channel.number() == 7)
    try await plane.set("{}")
    guard case .notServing(let reason) = try await subject.nextStatus() else {
      Issue.record("it serves without a listener")
      return
    }
    #expect(!reason.isEmpty)
    // The client of an existing connection is told to make its next calls on another one.
    while await channel.error()?.code != .unavailable {}
    try await plane.set(config(subject))
    #expect(try await subject.nextStatus() == .serving)
    #expect(try await channel.number() == 7)
    await subject.server.shutdown(gracePeriod: .seconds(1))
  }

  @Test
  func `A listener that C-core refuses is reported to both sides`() async throws {
    let plane = try await ControlPlane()
    var subject = try Subject(plane)
    try await plane.set(config(subject, #""faulty": true"#))
    #expect(try await plane.refusal(of: .listener).contains("use_original_dst"))
    while true {
      guard case .notServing(let reason) = try await subject.nextStatus() else {
        Issue.record("it serves with a faulty listener")
        return
      }
      if reason.contains("use_original_dst") { break }
    }
    await subject.server.shutdown(gracePeriod: .zero)
  }

  @Test
  func `The control plane decides which calls are allowed, and changes that without losing one`() async throws {
    let plane = try await ControlPlane()
    var subject = try Subject(plane)
    try await plane.set(config(subject, #""deny": ["\#(Numbered.otherPath)"]"#))
    while try await subject.nextStatus() != .serving {}
    let channel = try Channel(target: subject.address.description)
    #expect(try await channel.number() == 7)
    #expect(await channel.error(Numbered.other)?.code == .permissionDenied)
    try await plane.set(config(subject))
    while await channel.error(Numbered.other)?.code == .permissionDenied {}
    #expect(try await channel.number(Numbered.other) == 7)
    await subject.server.shutdown(gracePeriod: .seconds(1))
  }

  @Test
  func `The control plane chooses the certificates, and asks for those of clients`() async throws {
    let certificates = try await TestCertificates()
    let plane = try await ControlPlane()
    var subject = try Subject(plane, certificates: certificates, credentials: .xds(fallback: .insecure))
    try await plane.set(
      config(
        subject,
        #""certificates": {"identity": "server", "authorities": "server", "required": true}"#
      )
    )
    while try await subject.nextStatus() != .serving {}
    func channel(_ identity: TLSIdentity?) throws -> Channel {
      try Channel(
        target: subject.address.description,
        credentials: .tls(trustRoots: certificates.trustRoots, identity: identity, serverHostname: "localhost")
      )
    }
    #expect(try await channel(certificates.client).number() == 7)
    #expect(await (try channel(nil)).error()?.code == .unavailable)
    await subject.server.shutdown(gracePeriod: .seconds(1))
  }

  @Test(arguments: [false, true])
  func `Without certificates of the control plane the server's own apply`(isFallback: Bool) async throws {
    let certificates = try await TestCertificates()
    let plane = try await ControlPlane()
    let own = ServerCredentials.tls(identity: certificates.server)
    var subject = try Subject(plane, credentials: isFallback ? .xds(fallback: own) : own)
    try await plane.set(config(subject))
    while try await subject.nextStatus() != .serving {}
    // Each connection gets the certificates anew.
    for _ in 0..<3 {
      var configuration = Channel.Configuration()
      configuration.usesLocalSubchannelPool = true
      let channel = try Channel(
        target: subject.address.description,
        credentials: .tls(trustRoots: certificates.trustRoots, serverHostname: "localhost"),
        configuration: configuration
      )
      #expect(try await channel.number() == 7)
    }
    await subject.server.shutdown(gracePeriod: .seconds(1))
  }

  @Test
  func `A port is reserved before the control plane answers, and free after the shutdown`() async throws {
    let plane = try await ControlPlane()
    let subject = try Subject(plane)
    #expect(subject.address.port != 0)
    #expect(throws: RuntimeError.self) { try Server(router: RPCRouter()).listen(on: subject.address) }
    #expect(throws: RuntimeError.self) { try Subject(plane, at: subject.address) }
    await subject.server.shutdown(gracePeriod: .zero)
    let next = Server(router: RPCRouter())
    #expect(try next.listen(on: subject.address) == subject.address)
  }

  @Test
  func `The port of an address that could not be bound is free again`() async throws {
    let plane = try await ControlPlane()
    let subject = try Subject(plane)
    await subject.server.shutdown(gracePeriod: .zero)
    var configuration = Server.Configuration()
    configuration.xds = Server.Configuration.XDS(bootstrap: plane.bootstrap())
    let server = Server(router: RPCRouter(), configuration: configuration)
    let missing = TLSIdentity(certificateChain: .file("/nowhere.pem"), privateKey: .file("/nowhere.key"))
    let error = #expect(throws: RuntimeError.self) {
      try server.listen(on: subject.address, credentials: .tls(identity: missing))
    }
    #expect(error?.code == .invalidCredentials)
    #expect(try server.listen(on: subject.address) == subject.address)
  }

  @Test
  func `A shutdown leaves the listeners of other addresses alone`() async throws {
    let plane = try await ControlPlane()
    var subject = try Subject(plane)
    try await plane.set(config(subject))
    while try await subject.nextStatus() != .serving {}
    // The same port of another address.
    let other = Server(router: Numbered.router(1))
    let address = try other.listen(on: .tcp(host: "127.0.0.2", port: try #require(subject.address.port)))
    try other.start()
    await subject.server.shutdown(gracePeriod: .seconds(1))
    #expect(try await Channel(target: address.description).number() == 1)
    await other.shutdown(gracePeriod: .zero)
  }

  @Test
  func `A port in use is an error`() async throws {
    let plane = try await ControlPlane()
    try await Numbered.withServers(1) { _, addresses in
      let error = #expect(throws: RuntimeError.self) { try Subject(plane, at: addresses[0]) }
      #expect(error?.code == .transportError)
      #expect(error?.message == "cannot listen on \(addresses[0]): Address already in use")
    }
  }

  @Test
  func `Addresses that a resource cannot name are refused`() async throws {
    let plane = try await ControlPlane()
    for address in [ListenAddress.tcp(host: "localhost", port: 0), .abstractUnixDomainSocket(name: "xds")] {
      let error = #expect(throws: RuntimeError.self) { try Subject(plane, at: address) }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains("\(address)") == true)
    }
  }

  @Test
  func `A shutdown finishes the calls in progress`() async throws {
    let plane = try await ControlPlane()
    let (arrived, finishes) = (Gate(), Gate())
    var router = RPCRouter()
    router.registerHandler(forMethod: Numbered.method) { (_: ServerRequest<[UInt8]>, _) in
      arrived.open()
      await finishes.pass()
      return ServerResponse(message: [1])
    }
    var configuration = Server.Configuration()
    configuration.xds = Server.Configuration.XDS(bootstrap: plane.bootstrap())
    let server = Server(router: router, configuration: configuration)
    let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    try await plane.set(#"{"servers": {"\#(address)": {}}}"#)
    let channel = try Channel(target: address.description)
    async let number = channel.number()
    await arrived.pass()
    async let shutdown: Void = server.shutdown()
    // Only a server that takes no more connections makes a new channel fail.
    while true {
      var settings = Channel.Configuration()
      settings.usesLocalSubchannelPool = true
      let late = try Channel(target: address.description, configuration: settings)
      if await late.error(timeout: .seconds(5)) != nil { break }
    }
    finishes.open()
    #expect(try await number == 1)
    await shutdown
  }

  @Test
  func `A server without a bootstrap configuration cannot listen`() throws {
    var configuration = Server.Configuration()
    configuration.xds = Server.Configuration.XDS(bootstrap: .json(#"{"xds_servers": [{"server_uri": "127.0.0.1:1"}]}"#))
    let server = Server(router: RPCRouter(), configuration: configuration)
    let error = #expect(throws: RuntimeError.self) { try server.listen(on: .tcp(host: "127.0.0.1", port: 0)) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("channel_creds") == true, "\(error?.message ?? "no error")")
  }

  @Test
  func `A channel of the same process needs no control plane`() async throws {
    let plane = try await ControlPlane()
    let subject = try Subject(plane)
    #expect(try await subject.server.makeInProcessChannel().number() == 7)
    await subject.server.shutdown(gracePeriod: .seconds(1))
  }
}
