import CoreGRPC
import TestSupport
import Testing

@Suite("Connectivity of channels", .timeLimit(.minutes(5)))
struct ConnectivityTests {
  @Test("A channel is idle, connects when asked, and is idle or failing when the server is gone")
  func states() async throws {
    let test = try TestServer()
    #expect(test.channel.connectivityState == .idle)
    try await test.channel.connect(timeout: .seconds(30))
    #expect(test.channel.connectivityState == .ready)
    let lost = Task {
      var seen: [ConnectivityState] = []
      for await state in test.channel.connectivityStates {
        seen.append(state)
        if state != .ready { return seen }
      }
      return seen
    }
    await test.server.shutdown()
    #expect(await lost.value.last != .ready)
    test.channel.close()
    #expect(test.channel.connectivityState == .shutdown)
    var rest: [ConnectivityState] = []
    for await state in test.channel.connectivityStates { rest.append(state) }
    #expect(rest == [.shutdown])
  }

  @Test("Connecting to nobody meets the timeout; a closed channel and a cancelled task say so")
  func failures() async throws {
    let channel = try Channel(target: "unix:/nonexistent/socket")
    #expect(await errorCode { try await channel.connect(timeout: .milliseconds(100)) } == .deadlineExceeded)
    let started = Gate()
    let waiting = Task {
      started.open()
      return await errorCode { try await channel.connect() }
    }
    await started.pass()
    waiting.cancel()
    #expect(await waiting.value == .cancelled)
    channel.close()
    #expect(await errorCode { try await channel.connect() } == .unavailable)
  }

  @Test("A channel finds a server that comes up later, at once after its backoff is reset")
  func comesUpLater() async throws {
    let address = TestServer.addressOfItsOwn()
    let first = try TestServer(on: address)
    await first.server.shutdown()
    let channel = try Channel(target: address)
    #expect(await rpcError { () async throws(RPCError) in try await channel.echo() }?.code == .unavailable)
    let second = try TestServer(on: address)
    channel.resetConnectBackoff()
    let answer = try await channel.echo(options: CallOptions(timeout: .seconds(30), waitForReady: true))
    #expect(answer.message == [1, 2, 3])
    await second.server.shutdown()
  }

  @Test("Cancelling ends a watch")
  func cancelledWatch() async throws {
    let channel = try Channel(target: "127.0.0.1:1")
    let first = Gate()
    let watch = Task {
      var count = 0
      for await _ in channel.connectivityStates {
        count += 1
        first.open()
      }
      return count
    }
    await first.pass()
    watch.cancel()
    #expect(await watch.value == 1)
  }

  @Test("A channel with two addresses uses the one that answers")
  func severalAddresses() async throws {
    let test = try TestServer()
    let port = try #require(test.address.port)
    let channel = try Channel(target: "ipv4:127.0.0.1:1,127.0.0.1:\(port)")
    #expect(try await channel.echo(options: CallOptions(waitForReady: true)).message == [1, 2, 3])
    await test.server.shutdown()
  }
}
