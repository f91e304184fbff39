import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Counting the calls that clients cancel")
struct CancellationTallyTests {
  private static let second: UInt64 = 1_000_000_000
  private static let connections = [16, 32].map { ConnectionIdentity(OpaquePointer(bitPattern: $0).unsafelyUnwrapped) }

  /// The closed connections, and the number of calls that each client had cancelled.
  private final class Closed: Sendable {
    private let list = Locked<[String]>([])

    var all: [String] { list.withLock { $0 } }

    func add(_ peer: String, _ count: Int) { list.withLock { $0.append("\(peer) \(count)") } }
  }

  private let closed = Closed()

  private func makeTally(burst: Int, perSecond: Int = 0) -> CancellationTally {
    CancellationTally(Server.CancellationLimit(burst: burst, perSecond: perSecond), largestStreamCount: 10) {
      [closed] in
      closed.add($0, $1)
    }
  }

  @discardableResult
  private func begin(
    _ tally: CancellationTally,
    on connection: ConnectionIdentity,
    isCrowded: Bool = false,
    at time: UInt64,
    peer: String?
  ) -> Bool {
    tally.began(on: connection, isCrowded: isCrowded, at: time) { peer }
  }

  @Test("A connection with more calls in progress than it may have streams is over the limit")
  func callsInProgress() {
    let tally = makeTally(burst: 3, perSecond: 1)
    #expect(!begin(tally, on: Self.connections[0], at: 0, peer: "a"))
    for _ in 0..<11 { #expect(begin(tally, on: Self.connections[0], isCrowded: true, at: 0, peer: "a")) }
    for _ in 0..<6 { #expect(begin(tally, on: Self.connections[1], isCrowded: true, at: 0, peer: "b")) }
    // The first one is remembered meanwhile, as it has more calls than streams; the other one is not.
    for _ in 0..<2 { #expect(begin(tally, on: Self.connections[0], at: 2 * Self.second, peer: "a")) }
    #expect(closed.all == [])
    tally.ended(on: Self.connections[0])
    begin(tally, on: Self.connections[0], at: 2 * Self.second, peer: "a")
    #expect(closed.all == [])
    begin(tally, on: Self.connections[0], at: 2 * Self.second, peer: "a")
    #expect(closed.all.count == 1)
    #expect(!begin(tally, on: Self.connections[1], at: 2 * Self.second, peer: "b"))
  }

  @Test("Each connection has a budget of its own, and is closed with its next call when it is over the limit")
  func budgets() {
    let tally = makeTally(burst: 3)
    #expect(!tally.isWatching)
    for (connection, peer) in zip(Self.connections, ["a", "b"]) {
      tally.cancelled(on: connection, at: 0)
      begin(tally, on: connection, at: 0, peer: peer)
      for _ in 0..<2 { tally.cancelled(on: connection, at: 0) }
    }
    #expect(tally.isWatching)
    tally.answered(on: Self.connections[1], at: 0)
    for (connection, peer) in zip(Self.connections, ["a", "b"]) {
      tally.cancelled(on: connection, at: 0)
      #expect(closed.all == (peer == "a" ? [] : ["a 4"]))
      begin(tally, on: connection, at: 0, peer: peer)
    }
    #expect(closed.all == ["a 4"])
    // Calls that were on their way; a second later the connection should have been closed.
    tally.cancelled(on: Self.connections[0], at: Self.second / 2)
    begin(tally, on: Self.connections[0], at: Self.second / 2, peer: "a")
    #expect(closed.all == ["a 4"])
    begin(tally, on: Self.connections[0], at: Self.second, peer: "a")
    #expect(closed.all == ["a 4", "a 5"])
  }

  @Test("A connection that has the identity of an earlier one begins with a full budget")
  func reuse() {
    let tally = makeTally(burst: 3)
    // Without an address nothing is counted.
    for _ in 0..<100 { tally.cancelled(on: Self.connections[0], at: 0) }
    begin(tally, on: Self.connections[0], at: 0, peer: nil)
    begin(tally, on: Self.connections[0], at: 0, peer: "a")
    for _ in 0..<3 { tally.cancelled(on: Self.connections[0], at: 0) }
    begin(tally, on: Self.connections[0], at: 0, peer: "b")
    for _ in 0..<2 { tally.cancelled(on: Self.connections[0], at: 0) }
    begin(tally, on: Self.connections[0], at: 0, peer: "b")
    #expect(closed.all == [])
    tally.cancelled(on: Self.connections[0], at: 0)
    begin(tally, on: Self.connections[0], at: 0, peer: "b")
    #expect(closed.all == ["b 4"])
  }

  @Test("Calls can end while one that begins asks for its client's address", .timeLimit(.minutes(5)))
  func locks() async {
    let tally = makeTally(burst: 3)
    tally.cancelled(on: Self.connections[0], at: 0)
    let hasBegun = Gate()
    Thread.detachNewThread {
      let hasEnded = DispatchSemaphore(value: 0)
      _ = tally.began(on: Self.connections[0], isCrowded: false, at: 0) {
        // As a thread that has the lock of the call, which ends, does.
        Thread.detachNewThread {
          tally.cancelled(on: Self.connections[0], at: 0)
          hasEnded.signal()
        }
        hasEnded.wait()
        return "a"
      }
      hasBegun.open()
    }
    await hasBegun.pass()
  }

  @Test("A connection is forgotten when it has its whole budget")
  func pruning() {
    let tally = makeTally(burst: 3, perSecond: 1)
    tally.cancelled(on: Self.connections[0], at: 0)
    #expect(tally.isWatching)
    tally.answered(on: Self.connections[1], at: Self.second * 2)
    #expect(!tally.isWatching)
  }
}
