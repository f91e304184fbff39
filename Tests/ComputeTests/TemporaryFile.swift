import Foundation

/// A file that is removed with the object.
final class TemporaryFile {
  let path: String

  /// Makes a file with a text.
  init(_ text: String, name: String = "file") throws {
    path = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID())-\(name)").path
    try write(text)
  }

  /// Replaces the contents, by another file of the same name.
  func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
