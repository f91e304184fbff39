import Foundation
import Testing

@testable import CoreGRPC

@Suite("Files of Unix sockets")
struct UnixSocketFileTests {
  private let path = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID()).sock").path

  @Test("A server's file is removed")
  func own() throws {
    BusyUnixListener(path: path).close()
    try #require(UnixSocketFile(atPath: path)).remove()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("A file that another server has put in its place stays, also on file systems that use an inode again")
  func another() throws {
    BusyUnixListener(path: path).close()
    let file = try #require(UnixSocketFile(atPath: path))
    try FileManager.default.removeItem(atPath: path)
    BusyUnixListener(path: path).close()
    file.remove()
    #expect(FileManager.default.fileExists(atPath: path))
    try FileManager.default.removeItem(atPath: path)
    file.remove()
  }

  @Test("A missing file cannot be opened")
  func missing() { #expect(UnixSocketFile(atPath: path) == nil) }
}
