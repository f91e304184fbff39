import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Unix domain sockets", .timeLimit(.minutes(5)))
struct UnixSocketTests {
  private let path = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID()).sock").path

  @Test("A server answers on a path, and removes it when it stops")
  func path() async throws {
    try await withTestServer(on: "unix:\(path)") { (test) async throws in
      #expect(try await test.call().message == [1, 2, 3])
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("A path on which a server listens is refused, and that server continues")
  func inUse() async throws {
    try await withTestServer(on: "unix:\(path)") { test in
      let server = Server(services: [])
      let error = try #require(throws: RuntimeError.self) { try server.listen(on: test.address) }
      #expect(error.message == "cannot listen on unix:\(path): Address already in use")
      await server.shutdown()
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  @Test("A path whose listener accepts nothing is refused without waiting", .timeLimit(.minutes(5)))
  func inUseByBusyListener() async throws {
    let listener = BusyUnixListener(path: path)
    let server = Server(services: [])
    let error = await withTaskCancellationHandler {
      #expect(throws: RuntimeError.self) { try server.listen(on: .unixDomainSocket(path: path)) }
    } onCancel: {
      // Ends a `connect` that blocks, so that the time limit fails the test instead of hanging it.
      listener.close()
    }
    #expect(error?.message == "cannot listen on unix:\(path): Address already in use")
    await server.shutdown()
    listener.close()
  }

  @Test("A path that a dead process has left behind is taken over")
  func leftBehind() async throws {
    BusyUnixListener(path: path).close()
    #expect(FileManager.default.fileExists(atPath: path))
    try await withTestServer(on: "unix:\(path)") { (test) async throws in
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  @Test("The abstract namespace needs no file")
  func abstract() async throws {
    try await withTestServer(on: "unix-abstract:coregrpc-\(UUID())") { (test) async throws in
      #expect(try await test.call().message == [1, 2, 3])
    }
  }
}
