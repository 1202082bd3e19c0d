using System.Text;

namespace Tidings;

/// <summary>Reads a file with a key, and refuses one that others on the machine could read too, if that matters.</summary>
internal static class KeyFile
{
    private const int MaxBytes = 256 * 1024;

    /// <exception cref="KeyException">The file cannot be read, is no text, or is open to everybody.</exception>
    public static string Read(string path, Func<string, bool> holdsSecret, SecretRule rule)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[MaxBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
            {
                throw new KeyException($"names {path}, which is longer than {MaxBytes / 1024} KiB and so no key.");
            }

            string text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes, 0, length);

            // Editors and shells end a file with a line end that is no part of a secret.
            text = text.EndsWith('\n') ? text[..^1] : text;
            text = text.EndsWith('\r') ? text[..^1] : text;
            if (rule == SecretRule.Strong && holdsSecret(text) && IsOpenToAll(file))
            {
                throw new KeyException($"names {path}, which everybody on this machine can read or change. Run: chmod o= {path}");
            }

            return text;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new KeyException($"names {path}, which cannot be read as text: {unreadable.Message}");
        }
    }

    // Of the open file, so that nobody can swap it between the question and the reading.
    private static bool IsOpenToAll(FileStream file) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None;
}
