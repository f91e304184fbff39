import Foundation
import TestSupport
import Testing

@Suite("The limit of open files", .timeLimit(.minutes(5)))
struct DescriptorLimitTests {
  @Test("A server that starts raises the soft limit to the hard one, unless told not to", arguments: [true, false])
  func raise(isDefault: Bool) async throws {
    let server = try ChildProcess(
      URL(filePath: "/bin/sh"),
      ["-c", "ulimit -Sn 256 && ulimit -Hn 512 && exec \"$@\"", "sh", Locations.executable("race-peer").path]
        + ["descriptors", isDefault ? "raised" : "kept"]
    )
    _ = try #require(await server.line(after: "running... "))
    let limits = try String(contentsOfFile: "/proc/\(server.identifier)/limits", encoding: .utf8)
    let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
    let values = line.split(separator: " ").compactMap { Int($0) }
    #expect(values == [isDefault ? 512 : 256, 512])
  }
}
