using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Tidings.Testing;

/// <summary>
/// The public face of an assembly as text, kept beside its code in <c>PublicApi.txt</c>: whoever changes the face changes the file, and a review sees it.
/// </summary>
public static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Compares the assembly with the file, and says what to do if they differ; null if they do not.</summary>
    public static string? Complaint(Assembly assembly, string project)
    {
        string actual = Describe(assembly);
        string file = Path.Combine(RepositoryRoot(), "src", project, "PublicApi.txt");
        if (File.Exists(file) && File.ReadAllText(file) == actual)
        {
            return null;
        }

        string received = Path.Combine(RepositoryRoot(), "artifacts", $"{project}.PublicApi.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(received)!); // a file in a directory has one
        File.WriteAllText(received, actual);
        return $"The public face of {project} has changed. If that is meant, copy {received} over {file}, and tell it in CHANGELOG.md.";
    }

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(KindOf(type)).Append(' ').Append(type.FullName).Append('\n');
            IEnumerable<string> members = type.GetMembers(Declared)
                .Where(IsVisible)
                .Select(member => member.ToString() ?? member.Name)
                .Order(StringComparer.Ordinal);
            foreach (string member in members)
            {
                text.Append("  ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string KindOf(Type type) =>
        type.IsInterface ? "interface"
        : type.IsEnum ? "enum"
        : type.IsValueType ? "struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class"
        : "class";

    private static bool IsVisible(MemberInfo member) => !member.IsDefined(typeof(CompilerGeneratedAttribute)) && member switch
    {
        MethodBase method => (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && (!method.IsSpecialName || method.IsConstructor || method.Name == "op_Implicit"),
        FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
        PropertyInfo property => property.GetAccessors().Length > 0,
        EventInfo raised => raised.AddMethod is { IsPublic: true },
        _ => false,
    };

    /// <summary>The directory of the repository, for tests that read its files.</summary>
    public static string RepositoryRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Tidings.slnx")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
