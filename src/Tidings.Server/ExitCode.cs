namespace Tidings.Server;

/// <summary>What every command tells the shell. The numbers are public: scripts depend on them.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>It was tried and failed, for a reason that none of the others names.</summary>
    Failure = 1,

    /// <summary>The command line, the input or a setting is wrong: trying again will not help.</summary>
    Usage = 2,

    /// <summary>The server could not be reached, the connection broke, or the server refused it for good.</summary>
    Connection = 3,

    /// <summary>The server does not let the caller do this (401 or 403).</summary>
    Auth = 4,

    /// <summary>What was asked for did not come in time.</summary>
    Timeout = 5,

    /// <summary>Ended by Ctrl+C: 128 and the number of the signal, as shells have it.</summary>
    Interrupted = 130,

    /// <summary>Ended by SIGTERM.</summary>
    Terminated = 143,
}
