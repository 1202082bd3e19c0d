using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using Tidings.Testing;

namespace Tidings.Server.Tests.Serving.Tls;

[UnsupportedOSPlatform("windows")]
public sealed class DevelopmentCertificateTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-certificate-");
    private readonly FakeTimeProvider _time = new();

    private string Home => Path.Combine(_directory.FullName, "tidings");

    [Fact]
    public void It_is_made_once_and_its_key_is_its_owners_alone()
    {
        (string withKey, string alone) = Ensure();
        string first = File.ReadAllText(alone);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(withKey));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Home));
        Assert.DoesNotContain("PRIVATE", first, StringComparison.Ordinal);

        Assert.Equal((withKey, alone), Ensure());
        Assert.Equal(first, File.ReadAllText(alone));
        Assert.Equal(2, Directory.GetFiles(Home).Length);
    }

    [Fact]
    public void It_is_for_this_machine_and_can_sign_no_other()
    {
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(Ensure().Alone));

        X509SubjectAlternativeNameExtension names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(["localhost"], names.EnumerateDnsNames());
        Assert.Equal(["127.0.0.1", "::1"], names.EnumerateIPAddresses().Select(address => address.ToString()));
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(["1.3.6.1.5.5.7.3.1"], certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Select(use => use.Value));
    }

    [Fact]
    public void It_is_renewed_a_month_before_it_expires()
    {
        string first = File.ReadAllText(Ensure().Alone);
        _time.Advance(TimeSpan.FromDays(769));
        Assert.Equal(first, File.ReadAllText(Ensure().Alone));

        _time.Advance(TimeSpan.FromDays(2));

        Assert.NotEqual(first, File.ReadAllText(Ensure().Alone));
    }

    [Fact]
    public void One_whose_key_others_could_read_is_not_used_again()
    {
        (string withKey, string alone) = Ensure();
        string first = File.ReadAllText(alone);
        File.SetUnixFileMode(withKey, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        Ensure();

        Assert.NotEqual(first, File.ReadAllText(alone));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(withKey));
    }

    [Fact]
    public void One_that_is_damaged_is_made_anew_and_a_copy_that_is_missing_is_restored()
    {
        (string withKey, string alone) = Ensure();
        string first = File.ReadAllText(alone);
        File.Delete(alone);
        Ensure();
        Assert.Equal(first, File.ReadAllText(alone));

        File.WriteAllText(withKey, "nonsense");
        Ensure();

        Assert.NotEqual(first, File.ReadAllText(alone));
    }

    [Fact]
    public void A_place_that_cannot_be_written_to_is_named_with_a_way_out()
    {
        File.WriteAllText(Home, "a file where the directory should be");

        string complaint = Assert.Throws<SettingException>(() => Ensure()).Message;

        Assert.Contains(Home, complaint, StringComparison.Ordinal);
        Assert.Contains("Set XDG_DATA_HOME", complaint, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private (string WithKey, string Alone) Ensure() => DevelopmentCertificate.Ensure(Home, _time);
}
