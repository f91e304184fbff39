import Foundation

/// The files of a folder.
enum FolderContent {
  /// The files in a folder and those in it, by their paths from there on, sorted; hidden ones are left out.
  ///
  /// Links to folders are followed, and a folder that contains a link to itself is not entered twice on one way.
  ///
  /// - Parameter others: Folders that are not entered, by their resolved paths.
  static func files(in folder: URL, withSuffixes suffixes: [String], except others: Set<String> = []) -> [String] {
    var files: [String] = []
    func visit(_ folder: URL, _ prefix: String, _ above: Set<String>) {
      let path = folder.resolvingSymlinksInPath().path
      guard !above.contains(path), prefix.isEmpty || !others.contains(path) else { return }
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] where !name.hasPrefix(".") {
        let child = folder.appending(path: name)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: child.path, isDirectory: &isFolder) else { continue }
        if isFolder.boolValue {
          visit(child, prefix + name + "/", above.union([path]))
        } else if suffixes.contains(where: name.hasSuffix) {
          files.append(prefix + name)
        }
      }
    }
    visit(folder, "", [])
    return files.sorted()
  }
}
