/// The certificates of the authorities that a client trusts.
public struct TrustRoots: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case systemDefault
    case certificates(PEMSource)
  }

  let value: Value

  /// The authorities of the system, or of the file that `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` in the environment names.
  ///
  /// If there are none, creating a channel throws.
  public static var systemDefault: Self { Self(value: .systemDefault) }

  /// The authorities of a file or a text, and no others.
  public static func certificates(_ source: PEMSource) -> Self { Self(value: .certificates(source)) }
}
