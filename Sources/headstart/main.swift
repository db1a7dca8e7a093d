internal import Commands
internal import Glibc

// Before anything is written: a reader that is gone costs its line, and not the process.
signal(SIGPIPE, SIG_IGN)
StandardDescriptors.openMissing()
exit(Command.main())
