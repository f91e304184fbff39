import Glibc

/// A listening socket of this process.
///
/// C-core opens and closes it, and does not report its descriptor: `/proc/self/fd` has it. The number of its file
/// (inode) tells it from another socket that gets the same descriptor later.
struct ListeningSocket: Sendable, Hashable {
  /// An address as far as it tells the sockets of one process apart: the port of IP, in both versions, or a Unix
  /// socket's path.
  struct Name: Sendable, Hashable {
    private let isUnix: Bool
    private let bytes: [UInt8]

    /// The port of a socket of IP.
    var port: UInt16? { isUnix ? nil : UInt16(bytes[0]) << 8 | UInt16(bytes[1]) }

    /// The path of a Unix socket, which may end with NULs, or its name in the abstract namespace, which begins with
    /// one.
    var unixPath: [UInt8]? { isUnix ? bytes : nil }
  }

  let name: Name
  let descriptor: Int32
  private let inode: UInt

  private init?(_ descriptor: Int32) {
    guard Self.listens(descriptor), let name = Name(of: descriptor), let inode = Self.inode(of: descriptor) else {
      return nil
    }
    self.descriptor = descriptor
    self.name = name
    self.inode = inode
  }

  /// Returns the listening sockets of the process; none if the process has no descriptor left to look.
  static func all() -> Set<ListeningSocket> { Set((descriptors() ?? []).compactMap(ListeningSocket.init)) }

  /// Whether the socket is still open.
  var isOpen: Bool { Self.inode(of: descriptor) == inode }

  /// Whether a connection waits to be accepted.
  var hasWaitingConnection: Bool {
    var look = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&look, 1, 0) == 1 && look.revents & Int16(POLLIN) != 0 && isOpen
  }

  /// The connections that were accepted from sockets of this name and are open, by the numbers of their files.
  ///
  /// - Returns: `nil` if the process has no descriptor left to look.
  var acceptedConnections: Set<UInt>? {
    guard let descriptors = Self.descriptors() else { return nil }
    return Set(
      descriptors.lazy.filter { Name(of: $0) == name && !Self.listens($0) }.compactMap(Self.inode(of:))
    )
  }

  /// Stops listening on the sockets, which resets the connections that were not accepted yet.
  ///
  /// C-core has no function that stops accepting connections while the server still takes calls. From now on, its
  /// descriptors stand for a socket to which no client connects. To be called while C-core has the sockets open, which
  /// it does until its server shuts down: so no descriptor belongs to another file by now.
  static func stopListening(_ sockets: [ListeningSocket]) {
    guard let substitute = makeSubstitute() else { return }
    defer { close(substitute) }
    for socket in sockets where socket.isOpen {
      dup2(substitute, socket.descriptor)
      _ = fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC)
    }
  }

  /// Makes a socket that listens where no client connects, so that an `accept` under way finds no connection, and no
  /// error.
  private static func makeSubstitute() -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr()
    address.sa_family = sa_family_t(AF_UNIX)
    // With the family alone Linux chooses a name, see unix(7).
    guard
      unsafe bind(descriptor, &address, socklen_t(MemoryLayout<sa_family_t>.size)) == 0, listen(descriptor, 0) == 0
    else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  static func listens(_ descriptor: Int32) -> Bool {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0
  }

  private static func inode(of descriptor: Int32) -> UInt? {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? status.st_ino : nil
  }

  /// Returns the descriptors of the process; `nil` if it has none left to look.
  static func descriptors() -> [Int32]? {
    guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
    defer { unsafe closedir(folder) }
    var descriptors: [Int32] = []
    while let entry = unsafe readdir(folder) {
      // The name is within the entry, and ends with a NUL.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let descriptor = Int32(name) { descriptors.append(descriptor) }
    }
    return descriptors
  }
}

extension ListeningSocket.Name {
  /// Creates the local name of a socket; `nil` if the descriptor is not a socket's, or the socket has no name.
  fileprivate init?(of descriptor: Int32) {
    var address = sockaddr_storage()
    let room = MemoryLayout<sockaddr_storage>.size
    var length = socklen_t(room)
    let failure = unsafe withUnsafeMutablePointer(to: &address) { address in
      // The socket calls take every kind of address through a pointer to sockaddr.
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
    }
    guard failure == 0 else { return nil }
    let family = Int32(address.ss_family)
    // After the family come the port, of IP in both versions, or the path.
    let bytes = unsafe withUnsafeBytes(of: &address) { unsafe Array($0[2..<max(2, min(Int(length), room))]) }
    switch family {
    case AF_INET, AF_INET6:
      guard bytes.count >= 2 else { return nil }
      self.init(isUnix: false, bytes: Array(bytes.prefix(2)))
    case AF_UNIX:
      guard !bytes.isEmpty else { return nil }
      self.init(isUnix: true, bytes: bytes)
    default:
      return nil
    }
  }
}
