import Testing

@testable import CoreGRPC

@Suite("The state machine of a call")
struct CallStateMachineTests {
  private enum Event: Hashable {
    case start(CallOperations)
    case startRefusedByCore(CallOperations)
    case finish(CallOperations)
    case close
  }

  /// A state machine with what a test knows of its past, by which it judges the next answer.
  private struct World: Hashable {
    var machine: CallStateMachine
    var batches: Set<CallOperations> = []
    var everStarted: CallOperations = []
    var isClosed = false
    var isPoisoned = false
    var isOver = false
    var releases = 0
  }

  private static let everyBatch = (0...CallOperations.all.rawValue).map { CallOperations(rawValue: $0) }

  @Test("Every reachable state answers every event by the rules", arguments: CallRole.allCases)
  func exhaustive(role: CallRole) {
    let first = World(machine: CallStateMachine(role: role))
    var seen: Set<World> = [first]
    var pending = [first]
    while let world = pending.popLast() {
      var events: [Event] = [.close]
      events += Self.everyBatch.map { .start($0) }
      events += world.batches.map { .finish($0) }
      // One batch stands for all that core may refuse: what follows does not depend on which it was.
      events.append(.startRefusedByCore(.receiveMessage))
      for event in events {
        var next = world
        Self.apply(event, to: &next, role: role)
        if seen.insert(next).inserted { pending.append(next) }
      }
    }
    #expect(seen.count > 1_000)
    #expect(seen.contains { $0.releases == 1 && $0.isPoisoned })
  }

  private static func apply(_ event: Event, to world: inout World, role: CallRole) {
    switch event {
    case .start(let operations):
      let isAllowed = allows(operations, in: world, role: role)
      let isStarted = (try? world.machine.start(operations)) != nil
      #expect(isStarted == isAllowed)
      guard isStarted else { return }
      world.batches.insert(operations)
      world.everStarted.formUnion(operations)
    case .startRefusedByCore(let operations):
      guard (try? world.machine.start(operations)) != nil else { return }
      world.machine.startFailed(operations)
      world.everStarted.formUnion(operations)
      world.isPoisoned = true
    case .finish(let operations):
      world.batches.remove(operations)
      if operations.contains(.receiveClose) { world.isOver = true }
      if world.machine.finish(operations) { world.releases += 1 }
    case .close:
      if world.machine.close() { world.releases += 1 }
      world.isClosed = true
    }
    #expect(world.machine.isReleased == (world.isClosed && world.batches.isEmpty))
    #expect(world.releases == (world.machine.isReleased ? 1 : 0))
    #expect(world.machine.isUsable == !world.machine.isReleased)
    #expect(world.machine.isCancellable == (world.machine.isUsable && !world.isOver))
    #expect(world.machine.inFlight == world.batches.reduce(into: []) { $0.formUnion($1) })
  }

  /// The rules of `grpc.h`, written down a second time.
  private static func allows(_ operations: CallOperations, in world: World, role: CallRole) -> Bool {
    if operations.isEmpty || world.isClosed || world.isPoisoned { return false }
    if role == .server && operations.contains(.receiveInitialMetadata) { return false }
    if role == .server && world.isOver && !operations.isDisjoint(with: .sends) { return false }
    if world.batches.contains(where: { !$0.isDisjoint(with: operations) }) { return false }
    let once: CallOperations = [.sendInitialMetadata, .sendClose, .receiveInitialMetadata, .receiveClose]
    if !operations.intersection(once).isDisjoint(with: world.everStarted) { return false }
    if operations.contains(.sendMessage) {
      if world.everStarted.contains(.sendClose) { return false }
      if !world.everStarted.union(operations).contains(.sendInitialMetadata) { return false }
    }
    return true
  }

  @Test("Refusals say why")
  func refusals() throws {
    var machine = CallStateMachine(role: .server)
    #expect(throws: CallStateMachine.Refusal.empty) { try machine.start([]) }
    #expect(throws: CallStateMachine.Refusal.wrongRole) { try machine.start(.receiveInitialMetadata) }
    #expect(throws: CallStateMachine.Refusal.outOfOrder) { try machine.start(.sendMessage) }
    try machine.start([.sendInitialMetadata, .receiveMessage])
    #expect(throws: CallStateMachine.Refusal.busy(.receiveMessage)) { try machine.start(.receiveMessage) }
    _ = machine.finish([.sendInitialMetadata, .receiveMessage])
    #expect(throws: CallStateMachine.Refusal.repeated(.sendInitialMetadata)) { try machine.start(.sendInitialMetadata) }
    try machine.start(.sendClose)
    #expect(throws: CallStateMachine.Refusal.outOfOrder) { try machine.start(.sendMessage) }
    machine.startFailed(.sendClose)
    #expect(throws: CallStateMachine.Refusal.poisoned) { try machine.start(.receiveMessage) }
    let isReleased = machine.close()
    #expect(isReleased)
    #expect(throws: CallStateMachine.Refusal.closed) { try machine.start(.receiveMessage) }
  }
}
