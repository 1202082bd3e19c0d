namespace Tidings.Server;

/// <summary>Whether the hub speaks TLS, and with whose certificate.</summary>
/// <param name="IsOn">Whether addresses that begin with https:// are served by these settings.</param>
/// <param name="CertificateFile">The certificate, or null for one that is made for this machine.</param>
/// <param name="KeyFile">Its private key; null exactly when the certificate is.</param>
internal sealed record TlsChoice(bool IsOn, string? CertificateFile, string? KeyFile)
{
    /// <summary>The setting that <c>--tls</c> sets.</summary>
    public const string EnabledKey = "Tidings:Tls:Enabled";

    /// <summary>The setting that <c>--tls-cert</c> sets; it turns TLS on, unless <see cref="EnabledKey"/> says otherwise.</summary>
    public const string CertificateFileKey = "Tidings:Tls:CertificateFile";

    /// <summary>The setting that <c>--tls-key</c> sets.</summary>
    public const string KeyFileKey = "Tidings:Tls:KeyFile";

    /// <summary>Whether the certificate is one that only this machine has a use for.</summary>
    public bool IsForDevelopment => IsOn && CertificateFile is null;

    /// <exception cref="SettingException">The settings contradict each other.</exception>
    public static TlsChoice From(IConfiguration configuration)
    {
        string? certificateFile = configuration[CertificateFileKey];
        string? keyFile = configuration[KeyFileKey];
        if (certificateFile is null != keyFile is null)
        {
            throw new SettingException(certificateFile is null
                ? $"{KeyFileKey} is \"{keyFile}\", and there is no certificate to it. Name that too, with --tls-cert."
                : $"{CertificateFileKey} is \"{certificateFile}\", and there is no private key to it. Name that too, with --tls-key; it may be in the same file.");
        }

        bool isOn = configuration.GetValue(EnabledKey, defaultValue: certificateFile is not null);
        return new TlsChoice(isOn, isOn ? certificateFile : null, isOn ? keyFile : null);
    }
}
