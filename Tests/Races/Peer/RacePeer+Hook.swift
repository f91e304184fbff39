import CoreGRPC
import Glibc
import Synchronization

extension RacePeer {
  /// Another library that sets the concurrency runtime's hook for jobs that go to Swift's pool.
  enum OtherHook: String {
    case none
    /// Set before the first channel.
    case before
    /// Set after the first call, passing on to what it found.
    case after
    /// Set after the first call, passing on to Swift's pool alone.
    case replacing
  }

  /// Says whether tasks resume on polling threads, and how many jobs of 200 calls came to another library's hook.
  static func callBesideHook(_ other: OtherHook) async throws {
    var router = RPCRouter()
    let echo = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Echo")
    router.registerHandler(
      forMethod: echo,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in ServerResponse(message: request.message) }
    )
    let server = Server(router: router)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    if other == .before { try setHook(passesOn: true) }
    let channel = try Channel(target: address.description)
    @Sendable func call() async throws {
      _ = try await channel.unary(
        request: ClientRequest(message: [1] as [UInt8]),
        descriptor: echo,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer()
      )
    }
    // Not on the main actor, to which this program's tasks belong otherwise.
    try await Task.detached {
      try await call()
      if other == .after || other == .replacing { try setHook(passesOn: other == .after) }
      jobCount.store(0, ordering: .relaxed)
      var resumedThere = 0
      for _ in 0..<200 {
        try await call()
        if EnqueueHook.isOnPoller { resumedThere += 1 }
      }
      let jobCount = jobCount.load(ordering: .relaxed)
      // Whatever the hooks do, a task that yields goes to Swift's pool.
      for _ in 0..<1000 where EnqueueHook.isOnPoller { await Task.yield() }
      let resumes = resumedThere >= 100 ? "pollers" : resumedThere == 0 ? "pool" : "\(resumedThere) times on pollers"
      let jobs = jobCount >= 100 ? "many" : "few"
      say("resumes: \(resumes), jobs: \(jobs), yields to: \(EnqueueHook.isOnPoller ? "pollers" : "pool")")
    }.value
    await server.shutdown()
  }

  // The runtime's functions take no context and return no error, so Swift's calling convention is C's.
  private typealias Enqueue = @convention(c) (OpaquePointer?) -> Void
  private typealias Hook = @convention(c) (OpaquePointer?, Enqueue?) -> Void

  private static let jobCount = Atomic(0)

  /// The address of the hook that was found; zero if there was none, or it is not passed on to.
  private static let found = Atomic<UInt>(0)

  private static func setHook(passesOn: Bool) throws {
    guard let symbol = dlsym(nil, "swift_task_enqueueGlobal_hook") else { throw CancellationError() }
    let variable = symbol.assumingMemoryBound(to: Hook?.self)
    if passesOn { found.store(unsafeBitCast(variable.pointee, to: UInt.self), ordering: .relaxed) }
    variable.pointee = { job, original in
      RacePeer.jobCount.add(1, ordering: .relaxed)
      let found = unsafeBitCast(RacePeer.found.load(ordering: .relaxed), to: Hook?.self)
      if let found { found(job, original) } else { original?(job) }
    }
  }
}
