import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Connectivity of channels", .timeLimit(.minutes(5)))
struct ConnectivityTests {
  @Test("A channel is idle, connects when asked, and is idle or failing when the server is gone")
  func states() async throws {
    try await withTestServer { test in
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
  }

  @Test("Connecting without a server meets the timeout; a closed channel and a cancelled task say so")
  func failures() async throws {
    let channel = try Channel(target: "unix:/nonexistent/socket")
    #expect(await rpcError { try await channel.connect(timeout: .milliseconds(100)) }?.code == .deadlineExceeded)
    let started = Gate()
    let waiting = Task {
      started.open()
      return await rpcError { try await channel.connect() }?.code
    }
    await started.pass()
    waiting.cancel()
    #expect(await waiting.value == .cancelled)
    channel.close()
    #expect(await rpcError { try await channel.connect() }?.code == .unavailable)
  }

  @Test("A channel finds a server that comes up later, immediately after its backoff is reset")
  func comesUpLater() async throws {
    let address = TestServer.addressOfItsOwn()
    try await withTestServer(on: address) { first in
    }
    let channel = try Channel(target: address)
    #expect(await rpcError { try await channel.echo() }?.code == .unavailable)
    try await withTestServer(on: address) { second in
      channel.resetConnectBackoff()
      let answer = try await channel.echo(options: CallOptions(timeout: .seconds(30), waitForReady: true))
      #expect(answer.message == [1, 2, 3])
    }
  }

  @Test("Closing a channel ends its watches and attempts to connect immediately", .timeLimit(.minutes(5)))
  func closing() async throws {
    // A watch of C-core's lasts up to five seconds: so many, one after the other, would exceed the time limit.
    for _ in 0..<15 {
      let channel = try Channel(target: "unix:/nonexistent/socket")
      weak let handle = try channel.openHandle()
      let watched = Gate()
      let watch = Task {
        var states: [ConnectivityState] = []
        for await state in channel.connectivityStates {
          states.append(state)
          watched.open()
        }
        return states
      }
      await watched.pass()
      let connecting = Task { await rpcError { try await channel.connect() } }
      channel.close()
      #expect(await watch.value.last == .shutdown)
      #expect(await connecting.value == RPCError(code: .unavailable, message: "the channel is closed"))
      #expect(handle == nil)
    }
  }

  @Test("A watch ends with its channel also while a call continues", .timeLimit(.minutes(5)))
  func closingDuringCall() async throws {
    for _ in 0..<15 {
      let held = HeldHandler()
      try await withTestServer(handler: held.handler) { (test) async throws in
        async let call = test.call()
        await held.arrived.pass()
        let watched = Gate()
        let watch = Task {
          for await _ in test.channel.connectivityStates { watched.open() }
        }
        await watched.pass()
        test.channel.close()
        await watch.value
        held.proceed.open()
        #expect(try await call.message == [1, 2, 3])
      }
    }
  }

  @Test("An in-process channel is ready while its server runs")
  func inProcess() async throws {
    try await withTestServer { test in
      let channel = try test.server.makeInProcessChannel()
      #expect(channel.connectivityState == .ready)
      try await channel.connect()
      #expect(try await channel.echo().message == [1, 2, 3])
      let watched = Gate()
      let watch = Task {
        var states: [ConnectivityState] = []
        for await state in channel.connectivityStates {
          states.append(state)
          watched.open()
        }
        return states
      }
      await watched.pass()
      channel.resetConnectBackoff()
      await test.server.shutdown()
      #expect(await watch.value == [.ready, .shutdown])
      let error = await rpcError { try await channel.connect() }
      #expect(error == RPCError(code: .unavailable, message: "the server of this in-process channel has stopped"))
      channel.close()
      #expect(channel.connectivityState == .shutdown)
      #expect(await rpcError { try await channel.connect() }?.code == .unavailable)
    }
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
    try await withTestServer { test in
      let port = try #require(test.address.port)
      let channel = try Channel(target: "ipv4:127.0.0.1:1,127.0.0.1:\(port)")
      #expect(try await channel.echo(options: CallOptions(waitForReady: true)).message == [1, 2, 3])
    }
  }
}
