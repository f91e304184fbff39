import Testing

@testable import CoreGRPC

@Suite("The lifecycle of a server")
struct ServerLifecycleTests {
  private enum Event: CaseIterable {
    case start, postSlot, slotReturned, callArrived, callReleased, handlerEnded, beginShutdown, shutdownReturned
    case close, shutdownCompleted, gracePeriodEnded, beginBind, endBind
  }

  private struct World: Hashable {
    var lifecycle: ServerLifecycle
    var hasBegun = false
    var hasReturned = false
    var hasCompleted = false
    var graceIsOver = false
    var cancels = 0
    var destroys = 0
  }

  @Test("Whatever the order of events, the server is destroyed once, and never before everything has ended")
  func exhaustive() {
    let first = World(lifecycle: ServerLifecycle(maxConcurrentCalls: 2))
    var seen: Set<World> = [first]
    var pending = [first]
    while let world = pending.popLast() {
      for event in Event.allCases where Self.canHappen(event, in: world) {
        var next = world
        Self.apply(event, to: &next)
        if seen.insert(next).inserted { pending.append(next) }
      }
    }
    #expect(seen.count > 100)
    #expect(seen.contains { $0.destroys == 1 })
    // From everywhere there is a way to the end: no state is stuck.
    if let stuck = seen.first(where: { !Self.canEnd($0) }) { Issue.record("no way to the end from \(stuck)") }
  }

  @Test("Calls of essential methods count apart, for each method, and keep the server as others do")
  func essentialCalls() {
    var lifecycle = ServerLifecycle(maxConcurrentCalls: 1)
    let check = EssentialMethod(index: 0, maxConcurrentCalls: 1)
    let watch = EssentialMethod(index: 1, maxConcurrentCalls: 2)
    _ = lifecycle.start()
    for _ in 0..<2 { #expect(lifecycle.callArrived(of: watch) == .serve) }
    #expect(lifecycle.callArrived(of: watch) == .refuse)
    #expect(lifecycle.callArrived() == .serve)
    #expect(lifecycle.callArrived() == .refuse)
    #expect(lifecycle.callArrived(of: check) == .serve)
    #expect(lifecycle.callArrived(of: check) == .refuse)
    // A call counts until it is released and its handler has ended.
    for _ in 0..<2 { #expect(lifecycle.callReleased(of: check) == .none) }
    #expect(lifecycle.callArrived(of: check) == .refuse)
    lifecycle.handlerEnded(of: check)
    #expect(lifecycle.callReleased(of: check) == .none)
    #expect(lifecycle.callArrived(of: check) == .serve)
    #expect(lifecycle.calls == 2)
    #expect(lifecycle.essentialCalls == 4)

    _ = lifecycle.beginShutdown()
    _ = lifecycle.close()
    _ = lifecycle.shutdownReturned()
    _ = lifecycle.shutdownCompleted()
    for _ in 0..<2 { #expect(lifecycle.callReleased() == .none) }
    #expect(lifecycle.callReleased(of: check) == .none)
    for _ in 0..<2 { #expect(lifecycle.callReleased(of: watch) == .none) }
    #expect(lifecycle.callReleased(of: watch) == .destroy)
  }

  /// Whether C-core or a caller can cause an event in a state; slots and calls are bounded to keep the states few.
  private static func canHappen(_ event: Event, in world: World) -> Bool {
    let lifecycle = world.lifecycle
    if world.destroys > 0 { return [.start, .postSlot, .beginShutdown, .gracePeriodEnded, .beginBind].contains(event) }
    switch event {
    case .start, .beginShutdown: return true
    case .gracePeriodEnded: return world.cancels < 2
    case .beginBind: return lifecycle.binds < 2
    case .endBind: return lifecycle.binds > 0
    case .postSlot: return lifecycle.postedSlots < 2
    case .slotReturned: return lifecycle.postedSlots > 0
    case .callArrived: return lifecycle.postedSlots > 0 && lifecycle.calls < 3 && lifecycle.handlers < 3
    case .callReleased: return lifecycle.calls > 0
    case .handlerEnded: return lifecycle.handlers > 0
    case .close: return world.hasBegun && !lifecycle.isClosed
    case .shutdownReturned: return lifecycle.isClosed && !world.hasReturned
    case .shutdownCompleted: return lifecycle.isClosed && !world.hasCompleted
    }
  }

  private static func apply(_ event: Event, to world: inout World) {
    let before = world.lifecycle
    var action = ServerLifecycle.Action.none
    switch event {
    case .start:
      let isStarted = world.lifecycle.start()
      #expect(isStarted == (before.phase == .configuring))
    case .postSlot:
      let isPosted = world.lifecycle.postSlot()
      // A server that shuts down takes calls until it has told its clients to send no more.
      #expect(isPosted == (before.phase == .running || before.phase == .draining && !before.isClosed))
    case .slotReturned:
      action = world.lifecycle.slotReturned()
    case .callArrived:
      let admission = world.lifecycle.callArrived()
      #expect(admission == (max(before.calls, before.handlers) < 2 ? .serve : .refuse))
    case .callReleased:
      action = world.lifecycle.callReleased()
    case .handlerEnded:
      world.lifecycle.handlerEnded()
    case .beginShutdown:
      let shutDown = world.lifecycle.beginShutdown()
      #expect((shutDown == .shutDown) == !world.hasBegun)
      world.hasBegun = true
    case .close:
      action = world.lifecycle.close()
    case .shutdownReturned:
      action = world.lifecycle.shutdownReturned()
      world.hasReturned = true
    case .shutdownCompleted:
      action = world.lifecycle.shutdownCompleted()
      world.hasCompleted = true
    case .beginBind:
      let isAllowed = world.lifecycle.beginBind()
      #expect(isAllowed == (before.phase == .configuring))
    case .endBind:
      action = world.lifecycle.endBind()
    case .gracePeriodEnded:
      action = world.lifecycle.gracePeriodEnded()
      world.graceIsOver = world.graceIsOver || world.hasBegun
    }
    if action == .cancelAllCalls {
      world.cancels += 1
      #expect(world.hasReturned && world.graceIsOver && world.destroys == 0)
    }
    if action == .destroy { world.destroys += 1 }
    let isOver =
      world.hasReturned && world.hasCompleted && world.lifecycle.postedSlots == 0 && world.lifecycle.calls == 0
      && world.lifecycle.binds == 0
    #expect(world.destroys == (isOver ? 1 : 0))
    #expect(world.cancels > 0 || !world.graceIsOver || !world.hasReturned || world.destroys > 0)
  }

  private static func canEnd(_ world: World) -> Bool {
    var world = world
    let order: [Event] = [
      .beginShutdown, .endBind, .close, .shutdownReturned, .callReleased, .handlerEnded, .slotReturned,
      .shutdownCompleted,
    ]
    for _ in 0..<8 {
      for event in order where world.destroys == 0 && canHappen(event, in: world) { apply(event, to: &world) }
    }
    return world.destroys == 1
  }
}
