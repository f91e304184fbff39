import Synchronization
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("When calls end by the age of their connections")
struct ConnectionAgesTests {
  private static let connections = (1...100).map {
    ConnectionIdentity(OpaquePointer(bitPattern: 16 * $0).unsafelyUnwrapped)
  }

  /// A keeper of a connection's identity, which counts how often it was made and released.
  private final class Keeper: Sendable {
    static func make(_ made: Counter, _ released: Counter) -> Keeper {
      made.add()
      return Keeper(released)
    }

    private let released: Counter
    private init(_ released: Counter) { self.released = released }
    deinit { released.add() }
  }

  private let made = Counter()
  private let released = Counter()
  private let grace = ConnectionGrace(.init(maxAge: .seconds(100), maxGraceTime: .seconds(7)))

  private func end(_ index: Int, _ ages: ConnectionAges, at seconds: UInt64) -> UInt64 {
    ages.end(of: Self.connections[index], at: seconds * 1_000_000_000) { Keeper.make(made, released) }
  }

  @Test("The calls of a connection end together, counted from the first one")
  func firstCall() throws {
    let ages = ConnectionAges(try #require(grace))
    let end = end(0, ages, at: 1_000)
    #expect((1_117_000_000_000...1_127_000_000_000).contains(end))
    for time: UInt64 in [1_000, 1_050, 1_200] { #expect(self.end(0, ages, at: time) == end) }
    #expect(made.value == 1 && released.value == 0)
  }

  @Test("Connections that begin together do not end together")
  func spread() throws {
    let ages = ConnectionAges(try #require(grace))
    #expect(Set(Self.connections.indices.map { end($0, ages, at: 0) }).count > 90)
  }

  @Test("A connection is forgotten, and its identity released, when it can have no calls")
  func expiry() throws {
    let ages = ConnectionAges(try #require(grace))
    _ = end(0, ages, at: 0)
    _ = end(1, ages, at: 100)
    // 120 % of the age, the grace period, and 30 s.
    _ = end(2, ages, at: 156)
    #expect(ages.count == 3 && released.value == 0)
    _ = end(3, ages, at: 157)
    #expect(ages.count == 3 && released.value == 1)
    // The identity is another connection's now.
    #expect(end(0, ages, at: 160) >= 277_000_000_000)
  }

  @Test("No more connections are known than the limit, and the oldest are forgotten")
  func limit() throws {
    let ages = ConnectionAges(try #require(grace), limit: 10)
    let ends = Self.connections.indices.map { end($0, ages, at: UInt64($0)) }
    #expect(ages.count == 10 && made.value == 100 && released.value == 90)
    for index in 90..<100 { #expect(end(index, ages, at: 101) == ends[index]) }
    #expect(made.value == 100)
  }
}
