import CoreGRPC
import Foundation

extension RacePeer {
  /// The threads on which a program's code runs.
  enum Place: String {
    /// Of the main actor: the main thread, or one of Swift's pool in its place.
    case main
    /// A thread that polls, with a handler on it, or beside them, with one of a method that blocks.
    case poller, lane
    /// A thread that polls, with a client's task on it.
    case client

    /// The first 15 bytes of the thread's name, which Linux keeps.
    var threadName: String? {
      switch self {
      case .main: nil
      case .poller: "grpc-server"
      case .lane: "grpc-server-wor"
      case .client: "grpc-client"
      }
    }

    var isCurrent: Bool {
      let name = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
      return name.trimmingCharacters(in: .newlines) == threadName
    }
  }

  /// The act of the program's code there.
  enum Deed: String {
    /// Ends the process by SIGILL, or on other processors SIGTRAP, and by SIGSEGV.
    case trap, fault
    /// Starts a child process that says which signals it blocks.
    case mask
    /// Writes to a pipe that nobody reads.
    case pipe

    func callAsFunction() {
      switch self {
      case .trap: fatalError("this program is to crash")
      case .fault: UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1
      case .mask:
        let process = Process()
        process.executableURL = URL(filePath: "/bin/grep")
        process.arguments = ["SigBlk", "/proc/self/status"]
        guard (try? process.run()) != nil else { exit(1) }
        process.waitUntilExit()
        exit(0)
      case .pipe:
        var ends: [Int32] = [0, 0]
        guard unsafe Glibc.pipe(&ends) == 0 else { exit(1) }
        close(ends[0])
        print(unsafe write(ends[1], "x", 1) == -1 && errno == EPIPE ? "EPIPE" : "no error")
        exit(0)
      }
    }
  }

  /// Does something that shows how signals are treated, in a handler or in a client's task.
  static func handleSignals(in place: Place, _ deed: Deed) async throws {
    if place == .main { await MainActor.run { deed() } }
    var router = RPCRouter()
    let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Act")
    router.registerHandler(
      forMethod: method,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in
        if place != .client, place.isCurrent { deed() }
        // Until its method leaves the polling threads.
        if place == .lane { usleep(20_000) }
        return ServerResponse(message: request.message)
      }
    )
    let server = Server(router: router)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let channel = try Channel(target: address.description)
    while true {
      _ = try await channel.unary(
        request: ClientRequest(message: [] as [UInt8]),
        descriptor: method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer()
      )
      if place == .client, place.isCurrent { deed() }
    }
  }
}
