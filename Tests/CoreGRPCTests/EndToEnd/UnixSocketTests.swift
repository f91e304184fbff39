import CoreGRPC
import Foundation
import Testing

@Suite("Unix domain sockets", .timeLimit(.minutes(5)))
struct UnixSocketTests {
  private let path = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID()).sock").path

  @Test("A server answers on a path, and removes it when it stops")
  func path() async throws {
    let test = try TestServer(on: "unix:\(path)")
    #expect(try await test.call().message == [1, 2, 3])
    await test.server.shutdown()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("A path on which a server listens is refused, and that server goes on")
  func inUse() async throws {
    let test = try TestServer(on: "unix:\(path)")
    let server = Server(services: [])
    let error = try #require(throws: ServerError.self) { try server.listen(on: test.address) }
    #expect(error.message == "cannot listen on unix:\(path): Address already in use")
    await server.shutdown()
    #expect(try await test.call().message == [1, 2, 3])
    await test.server.shutdown()
  }

  @Test("The abstract namespace needs no file")
  func abstract() async throws {
    let test = try TestServer(on: "unix-abstract:coregrpc-\(UUID())")
    #expect(try await test.call().message == [1, 2, 3])
    await test.server.shutdown()
  }
}
