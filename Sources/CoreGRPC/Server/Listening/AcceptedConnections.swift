import Glibc

/// The connections that a server has accepted, so that it can end those that C-core cannot close.
///
/// C-core closes a connection when it has finished the current write. A client that reads nothing delays that until the
/// system gives the connection up, which takes as long as the keep-alive's timeout (`TCP_USER_TIMEOUT`).
struct AcceptedConnections: Sendable {
  /// An address of IP, or of another family, whose `port` is then empty.
  private struct Address: Hashable {
    var family: sa_family_t
    var port: [UInt8]
    var host: [UInt8]
  }

  /// The numbers of their files, which tell them from others that get the same descriptors later.
  private let inodes: Set<UInt>

  /// - Parameter sockets: The listening sockets that accepted them, which share their addresses with no other socket.
  init(from sockets: [ListeningSocket]) { self.init(from: sockets, among: ListeningSocket.descriptors() ?? []) }

  private init(from sockets: [ListeningSocket], among descriptors: [Int32]) {
    let listening = Set(sockets.filter(\.isOpen).compactMap { Self.localAddress(of: $0.descriptor) })
    guard !listening.isEmpty else {
      inodes = []
      return
    }
    let accepted = descriptors.filter { descriptor in
      // A program's UDP socket may have the same address.
      guard
        Self.isStream(descriptor),
        let address = Self.localAddress(of: descriptor),
        !ListeningSocket.listens(descriptor)
      else { return false }
      if listening.contains(address) { return true }
      var wildcard = address
      wildcard.host = address.host.map { _ in 0 }
      return !address.port.isEmpty && listening.contains(wildcard)
    }
    inodes = Set(accepted.compactMap(Self.socketInode))
  }

  /// Returns the number of connections that are open.
  ///
  /// - Parameter sockets: The listening sockets that accepted them.
  /// - Returns: `nil` if the process has no descriptor left to look.
  static func count(from sockets: [ListeningSocket]) -> Int? {
    ListeningSocket.descriptors().map { Self(from: sockets, among: $0).inodes.count }
  }

  /// Shuts down the connections that are open: C-core's reads and writes there fail from now on.
  func shutDown() {
    if inodes.isEmpty { return }
    for descriptor in ListeningSocket.descriptors() ?? [] {
      guard let inode = Self.socketInode(of: descriptor), inodes.contains(inode) else { continue }
      // C-core may close its own descriptor meanwhile, and another file may get the number.
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
      guard copy >= 0 else { continue }
      if Self.socketInode(of: copy) == inode { _ = Glibc.shutdown(copy, Int32(SHUT_RDWR)) }
      close(copy)
    }
  }

  private static func socketInode(of descriptor: Int32) -> UInt? {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    return status.st_ino
  }

  private static func isStream(_ descriptor: Int32) -> Bool {
    var type: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0
      && type == Int32(SOCK_STREAM.rawValue)
  }

  private static func localAddress(of descriptor: Int32) -> Address? {
    var address = sockaddr_storage()
    let room = MemoryLayout<sockaddr_storage>.size
    var length = socklen_t(room)
    let failure = unsafe withUnsafeMutablePointer(to: &address) { address in
      // The socket calls take every kind of address through a pointer to sockaddr.
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
    }
    guard failure == 0 else { return nil }
    let bytes = unsafe withUnsafeBytes(of: &address) { unsafe Array($0[2..<max(2, min(Int(length), room))]) }
    // The port comes first; then in IPv4 four bytes of address, and in IPv6 four others before 16.
    switch Int32(address.ss_family) {
    case AF_INET where bytes.count >= 6:
      return Address(family: address.ss_family, port: Array(bytes[..<2]), host: Array(bytes[2..<6]))
    case AF_INET6 where bytes.count >= 22:
      return Address(family: address.ss_family, port: Array(bytes[..<2]), host: Array(bytes[6..<22]))
    case AF_UNIX where !bytes.isEmpty:
      return Address(family: address.ss_family, port: [], host: bytes)
    default:
      return nil
    }
  }
}
