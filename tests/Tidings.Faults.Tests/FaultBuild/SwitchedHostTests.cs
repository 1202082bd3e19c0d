namespace Tidings.Faults.Tests.FaultBuild;

public sealed class SwitchedHostTests
{
    [Fact]
    public void Every_edit_applies_to_the_source_as_it_is() => Assert.NotEmpty(SwitchedHost.Source());

    [Fact]
    public void An_edit_that_no_longer_applies_is_named()
    {
        var edit = new SourceEdit("a.cs", "x", "y");

        Assert.Contains("\"the edit\" no longer applies: a.cs", Assert.Throws<InvalidOperationException>(() => SourceEdit.Apply("abc", [("the edit", edit)])).Message, StringComparison.Ordinal);
        Assert.Contains("several times", Assert.Throws<InvalidOperationException>(() => SourceEdit.Apply("xx", [("the edit", edit)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_edits_of_one_place_are_named()
    {
        SourceEdit one = new("a.cs", "abc", "1");
        SourceEdit other = new("a.cs", "cd", "2");

        Exception refused = Assert.Throws<InvalidOperationException>(() => SourceEdit.Apply("abcd", [("one", one), ("other", other)]));

        Assert.Contains("\"one\" and \"other\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Edits_of_several_places_are_all_applied() =>
        Assert.Equal("a2b1", SourceEdit.Apply("axbz", [("one", new SourceEdit("a.cs", "z", "1")), ("other", new SourceEdit("a.cs", "x", "2"))]));

    [Fact]
    public async Task The_fault_build_builds() => Assert.True(File.Exists(Path.Combine(await SwitchedHost.DirectoryAsync(), "Tidings.FaultHost.dll")));
}
