import Foundation

/// A note of everything that a target's generated code depends on, and of the code itself.
///
/// It is written after a run that has made everything current. As long as it is equal, nothing is to be done.
struct Stamp {
  private let file: URL
  private let target: GenerationTarget
  private let inputs: String

  init(of target: GenerationTarget, _ imports: ProtoImports, _ tools: Tools, in scratch: URL) {
    self.target = target
    file = scratch.appending(path: "stamp")
    let programs = tools.programs + [target.protoFolder.appending(path: GenerationOptions.fileName)]
    let names = target.files + target.importPaths
    inputs =
      Self.lines(of: programs + imports.files.sorted { $0.key < $1.key }.map(\.value)) + names.joined(separator: "\n")
  }

  /// Whether nothing has changed since the stamp was written.
  var isCurrent: Bool {
    guard let written = FileManager.default.contents(atPath: file.path) else { return false }
    return written == Data((inputs + outputs).utf8)
  }

  func write() throws {
    try Data((inputs + outputs).utf8).write(to: file, options: .atomic)
  }

  private var outputs: String {
    func files(_ folder: URL, _ suffixes: [String]) -> [URL] {
      FolderContent.files(in: folder, withSuffixes: suffixes).map { folder.appending(path: $0) }
    }
    let swift = files(target.swiftOutputFolder, GenerationTarget.swiftSuffixes)
    let c = files(target.cFolder, GenerationTarget.cSuffixes)
    return Self.lines(of: swift + c)
  }

  /// A line for each file: its path, size and time.
  private static func lines(of files: [URL]) -> String {
    files.map { file in
      let attributes = try? FileManager.default.attributesOfItem(atPath: file.resolvingSymlinksInPath().path)
      let time = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      return "\(file.path) \(attributes?[.size] as? Int ?? 0) \(time)\n"
    }
    .joined()
  }
}
