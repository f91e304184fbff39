import Foundation

/// What files a folder has.
enum FolderContent {
  /// The files in a folder and those in it, by their paths from there on, sorted; hidden ones are left out.
  static func files(in folder: URL, withSuffixes suffixes: [String]) -> [String] {
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return paths.filter { path in
      !path.split(separator: "/").contains { $0.hasPrefix(".") } && suffixes.contains { path.hasSuffix($0) }
    }
    .sorted()
  }
}
