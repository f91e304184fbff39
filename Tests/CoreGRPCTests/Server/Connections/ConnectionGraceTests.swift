import Testing

@testable import CoreGRPC

@Suite("The grace period of connections that are too old")
struct ConnectionGraceTests {
  @Test("Calls end when C-core has told the client and the grace period is over")
  func times() throws {
    let grace = try #require(ConnectionGrace(.init(maxAge: .seconds(60), maxGraceTime: .seconds(5))))
    // C-core's longest age is 66 s.
    #expect(grace.time(at: 0) == 71_000_000_000)
    #expect(grace.time(at: 1) == 77_000_000_000)
  }

  @Test("C-core ends no call that the library ends")
  func order() throws {
    for age in [Duration.zero, .milliseconds(50), .seconds(60), .seconds(86_400)] {
      for period in [Duration.zero, .seconds(5), .seconds(86_400)] {
        let grace = try #require(ConnectionGrace(.init(maxAge: age, maxGraceTime: period)))
        // The connection's first call begins 20 s after GOAWAY, which is the latest that C-core takes.
        let latestEnd = Duration.seconds(20) + .nanoseconds(Int64(grace.time(at: 1)))
        #expect(grace.periodForCore > latestEnd)
      }
    }
  }

  @Test("Without an age or a grace period, or with such as C-core takes for unlimited, calls continue")
  func unlimited() {
    let long = Duration.milliseconds(Int32.max)
    for settings in [
      .init(), .init(maxAge: .seconds(1)), .init(maxGraceTime: .seconds(1)),
      .init(maxAge: long, maxGraceTime: .seconds(1)), .init(maxAge: .seconds(1), maxGraceTime: long),
      .init(maxAge: .seconds(Int64.max), maxGraceTime: .seconds(Int64.max)),
    ] as [Server.Configuration.ConnectionAge] {
      #expect(ConnectionGrace(settings) == nil, "\(settings)")
    }
    #expect(ConnectionGrace(.init(maxAge: .seconds(Int64.min), maxGraceTime: .seconds(Int64.min)))?.time(at: 1) == 0)
  }

  @Test("C-core gets the longer period, and a program's own arguments win")
  func arguments() {
    var configuration = Server.Configuration()
    configuration.connectionAge = .init(maxAge: .seconds(60), maxGraceTime: .seconds(5))
    #expect(configuration.arguments["grpc.max_connection_age_ms"] == 60_000)
    // 120 % of the age, the grace period, and 30 s.
    #expect(configuration.arguments["grpc.max_connection_age_grace_ms"] == 107_000)
    configuration.additionalArguments = ["grpc.max_connection_age_ms": 1_000]
    #expect(configuration.connectionGrace == nil)
    #expect(configuration.arguments["grpc.max_connection_age_grace_ms"] == 5_000)
    configuration.additionalArguments = ["grpc.max_connection_age_grace_ms": 7]
    #expect(configuration.arguments["grpc.max_connection_age_grace_ms"] == 7)
  }
}
