import Foundation

/// The headers that the plugin generates for other targets, and that the C of a target includes.
///
/// SwiftPM compiles the C of a target without waiting for the headers of another one. A step that generates the C has
/// them as inputs, so that it waits for them, and the compiler for it.
struct IncludedHeaders {
  private(set) var files: [URL] = []

  /// Finds the headers.
  ///
  /// - Parameters:
  ///   - targets: All targets with `.proto` files.
  ///   - output: The folder that SwiftPM has for the output of the plugin in the C target.
  init(
    of target: GenerationTarget,
    _ imports: ProtoImports,
    among targets: [GenerationTarget],
    output: URL
  ) throws {
    let own = Set(target.files)
    for (file, location) in imports.files.sorted(by: { $0.key < $1.key }) where !own.contains(file) {
      guard let other = targets.first(where: { $0.generates(file, at: location) }) else { continue }
      let header = "include/\(file.hasSuffix(".proto") ? String(file.dropLast(6)) : file).pb-c.h"
      // The command has generated it.
      guard !FileManager.default.fileExists(atPath: other.cFolder.appending(path: header).path) else { continue }
      guard let folder = Self.output(of: other.cModule, from: output, of: target.cModule) else {
        throw GenerationError(
          "\(file) cannot be imported from the target \(other.name): the folder for the output of the plugin in the "
            + "target \(other.cModule) is not known"
        )
      }
      files.append(folder.appending(path: header))
    }
  }

  /// Returns the folder for the output in another target.
  ///
  /// The paths of both folders end in `TARGET/destination/PLUGIN`.
  private static func output(of other: String, from folder: URL, of target: String) -> URL? {
    let destination = folder.deletingLastPathComponent()
    let parent = destination.deletingLastPathComponent()
    guard parent.lastPathComponent == target else { return nil }
    return parent.deletingLastPathComponent().appending(path: other)
      .appending(path: destination.lastPathComponent)
      .appending(path: folder.lastPathComponent)
  }
}

extension GenerationTarget {
  /// Whether this target generates the code of a file, which protoc finds at a location.
  fileprivate func generates(_ file: String, at location: URL) -> Bool {
    files.contains(file) && locate(file)?.resolvingSymlinksInPath() == location.resolvingSymlinksInPath()
  }
}
