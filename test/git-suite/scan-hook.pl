# An fsmonitor hook that looks at the whole working tree each time: right, and slow. It names what
# changed since the scan which the token names, so git believes it as it believes gity. A test that
# fails with it fails because git has a monitor, not because of what gity says.
#
#     scan-hook.pl FOLDER VERSION TOKEN        scans are kept in FOLDER

use strict;
use warnings;
use Cwd qw(getcwd);

my ($folder, $version, $token) = @ARGV;
exit 1 if $version ne "2";

sub scan {
    my %entries;
    local $/ = "\0";
    # Of a directory its own times say nothing: what changed in it is found by itself.
    open(my $find, "-|", "find", ".", "-mindepth", "1", "-name", ".git", "-prune",
        "-o", "-type", "d", "-printf", "%P\\t%y %i %m\\0",
        "-o", "-printf", "%P\\t%y %i %m %s %T@ %C@\\0") or exit 1;
    while (my $record = <$find>) {
        chomp $record;
        my $tab = rindex($record, "\t");
        $entries{substr($record, 0, $tab)} = substr($record, $tab + 1);
    }
    return %entries;
}

sub load {
    my ($id, $root) = @_;
    return undef if $id !~ /^\d+-\d+$/;
    open(my $file, "<", "$folder/$id") or return undef;
    local $/;
    my ($first, @pairs) = split(/\0/, <$file>, -1);
    pop @pairs;
    return $first eq $root ? {@pairs} : undef;
}

my $root = getcwd() . " " . join(" ", (stat("."))[0, 1]);
my %now = scan();
my $then = $token =~ /^scan:(.*)$/ ? load($1, $root) : undef;
my $id = "$$-" . time();
open(my $file, ">", "$folder/$id") or exit 1;
print $file join("", map { "$_\0" } $root, %now);
close($file) or exit 1;

print "scan:$id\0";
if (!defined $then) {
    print "/\0";
    exit 0;
}
my %paths = (%now, %$then);
for my $path (sort keys %paths) {
    my ($before, $after) = ($then->{$path} // "", $now{$path} // "");
    next if $before eq $after;
    my $isDirectory = $before =~ /^d/ || $after =~ /^d/;
    print $isDirectory ? "$path/\0$path\0" : "$path\0";
}
