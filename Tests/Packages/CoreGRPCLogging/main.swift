import CoreGRPC
import CoreGRPCLogging
import Logging

CoreGRPCLog.forward(to: Logger(label: "test"))
CoreGRPCLog.setHandler(nil)
