/// The certificates of the authorities that a client trusts.
public struct TrustRoots: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case systemDefault
    case certificates(PEMSource)
  }

  let value: Value

  /// The folder of the authorities' revocation lists; `nil` for none.
  var revocationLists: String?

  /// The authorities of the system, or of the file that `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` in the environment names.
  ///
  /// If there are none, creating a channel throws.
  public static var systemDefault: Self { Self(value: .systemDefault) }

  /// The authorities of a file or a text, and no others.
  public static func certificates(_ source: PEMSource) -> Self { Self(value: .certificates(source)) }

  /// The authorities of a file or a text, and no others, with their lists of revoked certificates.
  ///
  /// A connection to a server with a revoked certificate fails, and so does one for which the list has expired. A
  /// certificate whose authority has no list in the folder is taken. Creating a channel throws if no file of the folder
  /// is named as a list, or one is not a list in the PEM format.
  ///
  /// The files are named as OpenSSL looks for them, by `openssl rehash FOLDER` or `c_rehash`: `hhhhhhhh.rN`, with the
  /// hash of the authority's name in lower case. Other files count for nothing; a certificate in the folder is no trust
  /// root.
  ///
  /// The channel looks every second whether the folder has changed, and C-core reads the new lists within another
  /// second. Open connections stay. If a new file is not a list, the old lists stay in use, and ``CoreGRPCLog`` gets an
  /// error. C-core reads a copy of the lists, in a folder of the library's own in `/dev/shm`, `TMPDIR` or `/tmp`.
  ///
  /// gRPC 1.51 checks the server's own certificate; newer ones check those of intermediate authorities, too.
  ///
  /// - Parameters:
  ///   - source: The certificates of the authorities.
  ///   - folder: The path of the folder with the lists.
  public static func certificates(_ source: PEMSource, revocationListsIn folder: String) -> Self {
    Self(value: .certificates(source), revocationLists: folder)
  }
}
