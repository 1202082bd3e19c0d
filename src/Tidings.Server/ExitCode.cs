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

    /// <summary>The hub could not be reached, or the connection broke.</summary>
    Connection = 3,

    /// <summary>The hub does not let the caller do this (401 or 403).</summary>
    Auth = 4,

    /// <summary>The hub did not answer in time.</summary>
    Timeout = 5,
}
