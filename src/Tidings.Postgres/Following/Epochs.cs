using System.Security.Cryptography;

namespace Tidings;

/// <summary>The numbers that tell one life of the log from another.</summary>
internal static class Epochs
{
    /// <summary>A random one.</summary>
    public static uint New() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
}
