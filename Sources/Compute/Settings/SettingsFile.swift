import ArgumentParser
import CommandLineSupport
import Configuration

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A file of JSON with the settings of a program: an object whose keys are the names of flags, without `--`.
struct SettingsFile {
  let path: String

  /// The names of the settings that the file has.
  let names: Set<String>

  /// The values.
  let provider: InMemoryProvider

  /// Reads a file.
  ///
  /// - Throws: A `ValidationError` that names the file.
  init(path: String) throws {
    let bytes: [UInt8]
    do { bytes = try TextFile.read(path) } catch { throw ValidationError("\(error)") }
    let values: [String: FileValue]
    do {
      values = try JSONDecoder().decode([String: FileValue].self, from: Data(bytes))
    } catch let error as DecodingError {
      throw ValidationError(Self.sentence(for: error, path: path))
    }
    self.path = path
    names = Set(values.keys)
    provider = InMemoryProvider(
      name: path,
      values: Dictionary(
        uniqueKeysWithValues: values.map { name, value in
          switch value {
          case .text(let text): (AbsoluteConfigKey([name]), ConfigValue(.string(text), isSecret: false))
          case .list(let texts): (AbsoluteConfigKey([name]), ConfigValue(.stringArray(texts), isSecret: false))
          }
        }
      )
    )
  }

  private static func sentence(for error: DecodingError, path: String) -> String {
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      guard let name = context.codingPath.first?.stringValue else { return "\(path) is not an object of JSON." }
      return "The value of '\(name)' in \(path) is not a text, a number, true, false or a list of texts."
    case .dataCorrupted(let context):
      let reason = context.underlyingError.map { "\($0)" } ?? context.debugDescription
      return "\(path) is not JSON: \(reason)"
    default:
      return "\(path) is not JSON: \(error)"
    }
  }
}
