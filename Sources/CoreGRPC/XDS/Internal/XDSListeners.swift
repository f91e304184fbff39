import CGRPC

/// The addresses of one C server that takes its configuration from an xDS control plane.
final class XDSListeners: Sendable {
  private struct State {
    /// The problem of the bootstrap configuration, without which the C server has no configuration.
    var problem: XDSBootstrapError?
    /// The reserved ports, until the server shuts down.
    var reservations: [PortReservation] = []
  }

  private let bootstrap: XDSBootstrap
  private let allowsPortReuse: Bool
  private let registration: Registration
  private let state = Locked(State())

  init(_ settings: Server.Configuration.XDS, reporter: ServingStatusReporter, allowsPortReuse: Bool) {
    self.bootstrap = settings.bootstrap
    self.allowsPortReuse = allowsPortReuse
    self.registration = Registration(reporter)
  }

  /// Binds an address: reserves its port, and has C-core ask the control plane for a listener there.
  ///
  /// - Parameters:
  ///   - address: The address.
  ///   - add: Adds an address to the C server.
  /// - Returns: The address as the control plane's resources name it, with its port.
  /// - Throws: The problem of the address, of its port or of the bootstrap configuration, and what `add` throws.
  func bind(
    _ address: ListenAddress,
    add: (ListenAddress) throws(RuntimeError) -> Void
  ) throws(RuntimeError) -> ListenAddress {
    try state.withLock { (state) throws(RuntimeError) in
      // C-core would serve an address without the control plane.
      if let problem = state.problem {
        throw RuntimeError(code: .invalidArgument, message: "cannot listen on \(address): \(problem.message)")
      }
      let (reservation, reserved) = try PortReservation.make(address, allowsPortReuse: allowsPortReuse)
      try add(reserved)
      state.reservations.append(reservation)
      return reserved
    }
  }

  /// Releases the reserved ports, for the next server.
  func release() {
    let released = state.withLock { state in
      defer { state.reservations = [] }
      return state.reservations
    }
    _ = consume released
  }

  /// Makes what fetches the configuration of the C server, which is its owner from then on; `nil` if the bootstrap
  /// configuration has a problem, which ``bind(_:add:)`` throws.
  func makeFetcher() -> OpaquePointer? {
    do throws(XDSBootstrapError) {
      return try unsafe fetcher()
    } catch {
      state.withLock { $0.problem = error }
      return nil
    }
  }

  private func fetcher() throws(XDSBootstrapError) -> OpaquePointer {
    var arguments = ChannelArguments()
    try bootstrap.set(in: &arguments)
    let notifier = unsafe grpc_server_xds_status_notifier(
      on_serving_status_update: { key, uri, update in
        guard let uri = unsafe uri else { return }
        let reason = unsafe update.error_message.map { unsafe String(cString: $0) } ?? ""
        unsafe Registration.report(key, String(cString: uri), isServing: update.code == GRPC_STATUS_OK, reason)
      },
      user_data: registration.key
    )
    let (fetcher, log) = unsafe CoreLog.capturing {
      unsafe arguments.withCArguments { unsafe grpc_server_config_fetcher_xds_create(notifier, $0) }
    }
    guard let fetcher = unsafe fetcher else {
      let line = log.split(whereSeparator: \.isNewline).first.map { String($0) } ?? "C-core gave no reason"
      throw XDSBootstrapError(message: line)
    }
    return unsafe fetcher
  }
}

extension XDSListeners {
  /// The entry of one C server in the table that C-core's status reports go through.
  ///
  /// C-core can hold the fetcher for longer than its server, so that no pointer to an object may be given to it: it
  /// gets a number, which is not in the table any more once this object is gone.
  final class Registration: Sendable {
    private struct Table {
      var last = 0
      var reporters: [Int: ServingStatusReporter] = [:]
    }

    private static let table = Locked(Table())

    private let number: Int

    init(_ reporter: ServingStatusReporter) {
      number = Self.table.withLock { table in
        table.last += 1
        table.reporters[table.last] = reporter
        return table.last
      }
    }

    deinit {
      let reporter = Self.table.withLock { $0.reporters.removeValue(forKey: number) }
      _ = consume reporter
    }

    /// The number, for C-core's argument.
    ///
    /// Nobody reads memory through it.
    var key: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: number) }

    static func report(_ key: UnsafeMutableRawPointer?, _ uri: String, isServing: Bool, _ reason: String) {
      let number = Int(bitPattern: key)
      guard
        let reporter = table.withLock({ $0.reporters[number] }),
        let address = try? ListenAddress(uri)
      else { return }
      reporter.report(address, isServing ? .serving : .notServing(reason: reason))
    }
  }
}
